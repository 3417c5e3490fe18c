import { defineCommand } from "../../command.ts";
import { argument } from "../../option.ts";

export const command = defineCommand({
  description: "Takes an image out of a manifest list, by its digest or its name here. Prints the list's id.",
  examples: ["cala manifest remove app:1 sha256:cf16338141acc5f22a4b4fb4ddc7e5dd0d58d1d5b8f8f9e0cb3ea1bd30cf2f19"],
  arguments: { list: argument("LIST"), image: argument("DIGEST", { complete: "images" }) },
  async run({ args, context }) {
    const [{ imageEngine }, { removeFromList }, { listId }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/manifest-edit.ts"), import("../../../core/image/manifest-list.ts")]);
    context.print(listId(await removeFromList(imageEngine(context.engine), args.list, args.image)));
  },
});
