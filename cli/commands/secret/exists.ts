import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { argument } from "../../option.ts";

export const command = defineCommand({
  description: "Says by its exit code whether a secret exists: 0 it does, 1 it does not, 125 something went wrong.",
  examples: ["cala secret exists token && echo there"],
  arguments: { secret: argument("SECRET", { complete: "secrets" }) },
  async run({ args, context }) {
    const { findSecret } = await import("../../../core/secret/record.ts");
    try {
      findSecret(context.engine.dirs, args.secret);
      return 0;
    } catch (error) {
      if (error instanceof CalaError && error.code === "secret-unknown") return 1;
      throw error;
    }
  },
});
