import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { flag, optionalArgument, value } from "../../option.ts";

export const command = defineCommand({
  description: "Forgets the credentials for a registry, or with --all for every one.",
  examples: ["cala logout registry.example", "cala logout --all"],
  arguments: { registry: optionalArgument("REGISTRY") },
  options: {
    all: flag("-a, --all", "Forget all credentials"),
    authfile: value("--authfile", "FILE", "File with credentials for registries", { complete: "files" }),
    compatAuthFile: value("--compat-auth-file", "FILE", "Change docker's config.json instead", { complete: "files" }),
  },
  async run({ options, args, context }) {
    const [{ findCredentials, loginFile, removeAllCredentials, removeCredentials }, { registryHost }] = await Promise.all([import("../../../core/config/auth-file.ts"), import("../../read-credentials.ts")]);
    const named = options.compatAuthFile ?? options.authfile;
    const file = loginFile(context.env, named);
    if (options.all) {
      if (args.registry !== undefined) throw new CalaError("arguments-conflict", "no registry can be given with --all");
      await removeAllCredentials(file);
      context.print("Removed login credentials for all registries");
      return;
    }
    const host = await registryHost(args.registry, context.env);
    const { loadRegistriesConfig } = await import("../../../core/config/registries-conf.ts");
    const helpers = named === undefined ? (await loadRegistriesConfig(context.env)).credentialHelpers : [];
    if (await removeCredentials(host, file, helpers)) {
      context.print(`Removed login credentials for ${host}`);
      return;
    }
    const elsewhere = await findCredentials(host, context.env, named, helpers);
    if (elsewhere === undefined) throw new CalaError("not-logged-in", `not logged in to "${host}"`);
    context.print(`Not logged into ${host} with current tool. Existing credentials were established via docker login. Please use docker logout instead.`);
  },
});
