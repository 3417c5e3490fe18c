import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { eachTarget } from "../../each-target.ts";
import { flag, rest } from "../../option.ts";

export const command = defineCommand({
  description: "Removes secrets. Containers that run keep what they have; the next start wants the secret again.",
  examples: ["cala secret rm token", "cala secret rm --all"],
  arguments: { secrets: rest("SECRET", { complete: "secrets" }) },
  options: { all: flag("-a, --all", "Remove all secrets"), ignore: flag("-i, --ignore", "Do not mind secrets that do not exist") },
  async run({ options, args, context }) {
    if (options.all === args.secrets.length > 0) throw new CalaError("arguments-conflict", "name one or more secrets, or choose --all", { hint: "cala secret rm --help" });
    const [{ removeSecret }, { findSecret, listSecrets }] = await Promise.all([import("../../../core/secret/create.ts"), import("../../../core/secret/record.ts")]);
    const { dirs } = context.engine;
    const names = options.all ? listSecrets(dirs).map(({ name }) => name) : args.secrets;
    return await eachTarget(context, names, (name) => {
      try {
        return Promise.resolve(removeSecret(dirs, findSecret(dirs, name)));
      } catch (error) {
        if (options.ignore && error instanceof CalaError && error.code === "secret-unknown") return Promise.resolve(undefined);
        return Promise.reject(error);
      }
    });
  },
});
