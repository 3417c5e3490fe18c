import type { Credentials } from "../../../core/config/auth-file.ts";
import type { Dirs } from "../../../core/dirs/dirs.ts";
import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { connectOf, registryOptions } from "../../groups/registry-options.ts";
import { flag, optionalArgument, value } from "../../option.ts";

export const command = defineCommand({
  description: "Logs in to a registry: proves the credentials there and keeps them in auth.json, or in the credential helper that the file names.",
  examples: ["cala login registry.example", "cala login --username me --password-stdin registry.example < password.txt", "cala login --get-login registry.example"],
  arguments: { registry: optionalArgument("REGISTRY", { description: "Host and port; the first search registry unless given." }) },
  options: {
    compatAuthFile: value("--compat-auth-file", "FILE", "Write docker's config.json instead", { complete: "files" }),
    getLogin: flag("--get-login", "Print who is logged in"),
    password: value("-p, --password", "PASSWORD", "Password; others on this machine can see it"),
    passwordStdin: flag("--password-stdin", "Read the password from standard input"),
    secret: value("--secret", "NAME", "Take the password from a secret"),
    username: value("-u, --username", "NAME", "User name"),
    verbose: flag("-v, --verbose", "Tell where the credentials are kept"),
    ...registryOptions,
  },
  async run({ options, args, context }) {
    const [{ findCredentials, loginFile, storeCredentials }, { loadRegistriesConfig }, { connectRegistry }, { checkLogin }, { readCredentials, registryHost }] = await Promise.all([
      import("../../../core/config/auth-file.ts"), import("../../../core/config/registries-conf.ts"), import("../../../core/registry/connect.ts"), import("../../../core/registry/login.ts"), import("../../read-credentials.ts"),
    ]);
    const host = await registryHost(args.registry, context.env);
    const named = options.compatAuthFile ?? options.authfile;
    const helpers = (await loadRegistriesConfig(context.env)).credentialHelpers;
    const file = loginFile(context.env, named);
    const known = await findCredentials(host, context.env, named, helpers);
    if (options.getLogin) {
      if (known === undefined) throw new CalaError("not-logged-in", `not logged in to "${host}"`, { hint: `cala login ${host}` });
      context.print(known.username);
      return;
    }
    const given = options.username !== undefined || options.passwordStdin || options.password !== undefined || options.secret !== undefined;
    const prove = async (credentials: Credentials): Promise<void> => {
      const client = await connectRegistry(host.split("/")[0] ?? host, host, { env: context.env, ...connectOf(options), credentials, signal: context.signal });
      try {
        await checkLogin(client);
      } finally {
        client.close();
      }
    };
    // What is kept and still good is enough; what is no longer good is asked for where somebody can be asked.
    const isGood = !given && known !== undefined && await prove(known).then(() => true, (error: unknown) => {
      if (process.stdin.isTTY === true && error instanceof CalaError && error.code === "registry-unauthorized") return false;
      throw error;
    });
    if (!isGood) {
      const password = options.secret === undefined ? options.password : await secretText(context.engine.dirs, options.secret, options.password !== undefined || options.passwordStdin);
      const credentials = await readCredentials(context, { ...options, password }, known?.username);
      await prove(credentials);
      await storeCredentials(host, credentials, file, { forDocker: options.compatAuthFile !== undefined, ...(named === undefined ? { helpers } : {}) });
    }
    if (options.verbose) context.print(`Used: ${file}`);
    context.print("Login Succeeded!");
  },
});

async function secretText(dirs: Dirs, name: string, isGivenTwice: boolean): Promise<string> {
  if (isGivenTwice) throw new CalaError("arguments-conflict", "--secret cannot be given together with --password or --password-stdin");
  const { findSecret, readSecretData } = await import("../../../core/secret/record.ts");
  return readSecretData(dirs, findSecret(dirs, name)).toString("utf8").replace(/\r?\n$/, "");
}
