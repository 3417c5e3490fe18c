import { readFileSync } from "node:fs";
import { CalaError, reasonOf } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { argument, flag, pairs, value } from "../../option.ts";

export const command = defineCommand({
  description: "Keeps a secret for containers and prints its id. It is read from a file, from standard input (-), or with --env from a variable of that name.",
  examples: ["cala secret create token token.txt", "printf %s \"$TOKEN\" | cala secret create token -", "cala secret create --env token TOKEN"],
  arguments: { name: argument("NAME"), source: argument("FILE", { complete: "files", description: "A file, -, or with --env the name of a variable." }) },
  options: {
    driver: value("-d, --driver", "DRIVER", "How it is kept; there is file only: a file that only this user may read", { initial: "file" }),
    driverOpts: pairs("--driver-opts", "KEY=VALUE", "Options of the driver; file has none", { commas: true }),
    env: flag("--env", "Read the secret from the environment"),
    ignore: flag("--ignore", "Do not mind a secret of this name that exists"),
    label: pairs("-l, --label", "KEY=VALUE", "Set a label"),
    replace: flag("--replace", "Take the place of a secret of this name"),
  },
  async run({ options, args, context }) {
    const { createSecret } = await import("../../../core/secret/create.ts");
    const { driver, driverOpts, ignore, label, replace } = options;
    const data = options.env ? fromVariable(context.env, args.source) : fromFile(args.source);
    context.print(createSecret(context.engine.dirs, { name: args.name, data, driver, options: driverOpts, labels: label, replace, ignore }).id);
  },
});

function fromVariable(env: Readonly<Record<string, string | undefined>>, name: string): Buffer {
  const text = env[name];
  if (text === undefined) throw new CalaError("secret-invalid", `cannot read the secret: the environment variable "${name}" is not set`);
  return Buffer.from(text);
}

function fromFile(path: string): Buffer {
  try {
    return readFileSync(path === "-" ? 0 : path);
  } catch (error) {
    throw new CalaError("secret-invalid", `cannot read the secret from "${path}": ${reasonOf(error)}`, { cause: error });
  }
}
