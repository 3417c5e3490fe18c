import { defineCommand } from "../../command.ts";

export const command = defineCommand({
  description: "Looks for volumes that plugins have made or removed and prints what changed: nothing, as cala has the driver local only.",
  examples: ["cala volume reload"],
  run({ context }) {
    context.print("Added:\nRemoved:");
  },
});
