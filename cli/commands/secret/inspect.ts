import type { SecretDocument } from "../../../core/secret/inspect.ts";
import { defineCommand } from "../../command.ts";
import { eachDocument } from "../../each-document.ts";
import { flag, rest, value } from "../../option.ts";

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
    const documentOf = async (name: string): Promise<SecretDocument> => {
      const secret = await Promise.resolve(findSecret(dirs, name));
      return secretDocument(secret, options.showsecret ? readSecretData(dirs, secret) : undefined);
    };
    return await eachDocument(context, args.secrets, options.format, documentOf, options.pretty ? forPeople : undefined);
  },
});

function forPeople({ ID, CreatedAt, UpdatedAt, Spec, SecretData }: SecretDocument): string {
  const labels = Object.entries(Spec.Labels).map(([key, label]) => ` - ${key}=${label}\n`).join("");
  return `ID:              ${ID}\nName:            ${Spec.Name}\n${labels === "" ? "" : `Labels:\n${labels}`}Driver:          ${Spec.Driver.Name}\nCreated at:      ${CreatedAt}\nUpdated at:      ${UpdatedAt}\n${SecretData === undefined ? "" : `Secret:          ${SecretData}\n`}`;
}
