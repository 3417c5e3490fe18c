import { defineCommand } from "../../command.ts";

export const command = defineCommand({
  description: "Does nothing: cala's locks are files beside what they guard, so that there are no numbers to give anew. For command lines of podman.",
  examples: ["cala system renumber"],
  run({ context }) {
    context.print("nothing to do: locks have no numbers here");
  },
});
