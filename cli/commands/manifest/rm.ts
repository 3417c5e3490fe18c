import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { eachTarget } from "../../each-target.ts";
import { flag, rest } from "../../option.ts";

export const command = defineCommand({
  description: "Removes manifest lists. The images in them stay.",
  examples: ["cala manifest rm app:1"],
  arguments: { lists: rest("LIST", { minimum: 1 }) },
  options: { ignore: flag("-i, --ignore", "Do not mind lists that do not exist") },
  async run({ options, args, context }) {
    const { dropList } = await import("../../../core/image/manifest-remove.ts");
    return await eachTarget(context, args.lists, async (name) => {
      if (await dropList(context.engine.dirs, name) !== undefined) return `Deleted: ${name}`;
      if (options.ignore) return undefined;
      throw new CalaError("list-unknown", `there is no manifest list "${name}" here`, { exitCode: 1 });
    });
  },
});
