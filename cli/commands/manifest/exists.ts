import { defineCommand } from "../../command.ts";
import { argument } from "../../option.ts";

export const command = defineCommand({
  description: "Ends with 0 when the manifest list is here, with 1 when it is not.",
  examples: ["cala manifest exists app:1 && echo yes"],
  arguments: { list: argument("LIST") },
  async run({ args, context }) {
    const { findList } = await import("../../../core/image/manifest-list.ts");
    return findList(context.engine.dirs, args.list) === undefined ? 1 : 0;
  },
});
