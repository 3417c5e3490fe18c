import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { rest } from "../../option.ts";

export const command = defineCommand({
  description: "Removes the image of a container that has ended (run --rmi), unless somebody needs it.",
  raw: true,
  arguments: { words: rest("WORD") },
  async run({ args, context }) {
    const { removeImageOf } = await import("../../../core/container/cleanup.ts");
    try {
      await removeImageOf(context.engine, args.words[0] ?? "");
    } catch (error) {
      if (!(error instanceof CalaError) || (error.code !== "image-in-use" && error.code !== "image-unknown")) throw error;
    }
  },
});
