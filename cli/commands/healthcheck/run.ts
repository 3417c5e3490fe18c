import { defineCommand } from "../../command.ts";
import { argument } from "../../option.ts";

export const command = defineCommand({
  description: "Runs the health check of a container now, beside those that its monitor runs. The exit code is 0 when it passes and 1 when it does not.",
  examples: ["cala healthcheck run web"],
  arguments: { container: argument("CONTAINER", { complete: "running" }) },
  async run({ args, context }) {
    const [{ runHealthcheck }, { findContainer }] = await Promise.all([import("../../../core/container/healthcheck.ts"), import("../../../core/container/store.ts")]);
    if (await runHealthcheck(context.engine, findContainer(context.engine.dirs, args.container))) return 0;
    context.print("unhealthy");
    return 1;
  },
});
