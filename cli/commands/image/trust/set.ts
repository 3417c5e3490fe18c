import type { TrustType } from "../../../../core/config/trust.ts";
import { defineCommand } from "../../../command.ts";
import { argument, list, value } from "../../../option.ts";

export const command = defineCommand({
  description: "Writes into your own policy.json what may be done with images of a registry or repository, or by default: accept, reject, signedBy (GnuPG keys) or sigstoreSigned. Where you have none yet, it begins as the system's.",
  examples: ["cala image trust set --type reject default", "cala image trust set --type signedBy --pubkeysfile key.gpg registry.example/team", "cala image trust set --type accept docker.io"],
  arguments: { scope: argument("REGISTRY[/REPOSITORY]", { description: "Or default." }) },
  options: {
    pubkeysfile: list("-f, --pubkeysfile", "FILE", "A file with public keys, for signedBy and sigstoreSigned", { complete: "files" }),
    type: value("-t, --type", "TYPE", "What is asked of the images", { initial: "signedBy", choices: ["accept", "reject", "signedBy", "sigstoreSigned"] }),
  },
  async run({ options, args, context }) {
    const { setTrust } = await import("../../../../core/config/trust.ts");
    setTrust(context.engine.env, args.scope, options.type as TrustType, options.pubkeysfile);
  },
});
