import { defineCommand } from "../../command.ts";
import { flag, rest, value } from "../../option.ts";
import { renderDocuments } from "../../output/report.ts";

export const command = defineCommand({
  description: "Prints everything known of secrets as JSON; what they hide only with --showsecret.",
  examples: ["cala secret inspect token", "cala secret inspect --showsecret --format '{{.SecretData}}' token"],
  arguments: { secrets: rest("SECRET", { minimum: 1, complete: "secrets" }) },
  options: {
    format: value("-f, --format", "FORMAT", "Print with a Go template, or as json"),
    pretty: flag("--pretty", "Print for people to read"),
    showsecret: flag("--showsecret", "Show the secret itself, too"),
  },
  async run({ options, args, context }) {
    const [{ findSecret, readSecretData }, { secretDocument }] = await Promise.all([import("../../../core/secret/record.ts"), import("../../../core/secret/inspect.ts")]);
    const { dirs } = context.engine;
    const documents = args.secrets.map((name) => {
      const secret = findSecret(dirs, name);
      return secretDocument(secret, options.showsecret ? readSecretData(dirs, secret) : undefined);
    });
    if (!options.pretty) return context.out.write(renderDocuments(documents, options.format));
    for (const { ID, CreatedAt, UpdatedAt, Spec, SecretData } of documents) {
      const labels = Object.entries(Spec.Labels).map(([key, label]) => ` - ${key}=${label}\n`).join("");
      context.out.write(`ID:              ${ID}\nName:            ${Spec.Name}\n${labels === "" ? "" : `Labels:\n${labels}`}Driver:          ${Spec.Driver.Name}\nCreated at:      ${CreatedAt}\nUpdated at:      ${UpdatedAt}\n${SecretData === undefined ? "" : `Secret:          ${SecretData}\n`}`);
    }
  },
});
