import { CalaError } from "../../core/base/error.ts";
import { defineCommand } from "../command.ts";
import { chosenContainers } from "../each-target.ts";
import { flag, list, rest, value } from "../option.ts";

export const command = defineCommand({
  description: "Waits until containers have stopped and prints their exit codes, one a line.",
  examples: ["cala wait web", "cala wait --condition running web"],
  arguments: { containers: rest("CONTAINER", { complete: "containers" }) },
  options: {
    condition: list("--condition", "STATE", "State to wait for: stopped, exited, running, created, configured, initialized, paused, healthy or unhealthy", { commas: true, defaultText: "stopped", choices: ["stopped", "exited", "running", "created", "initialized", "paused", "configured", "healthy", "unhealthy"] }),
    exitFirstMatch: flag("--exit-first-match, --return-on-first", "End as soon as one of the containers is in such a state, and print its exit code alone"),
    ignore: flag("--ignore", "Do not mind containers that do not exist; print -1 for them"),
    interval: value("-i, --interval", "DURATION", "How often to look, for conditions other than stopped", { initial: "250ms" }),
    latest: flag("-l, --latest", "Wait for the container that was created last"),
  },
  async run({ options, args, context }) {
    const names = await chosenContainers(context, { names: args.containers, latest: options.latest }, "any");
    const [{ waitContainer }, { findContainer }, { isUnknownContainer }, { parseDurationMs }] = await Promise.all([
      import("../../core/container/wait.ts"), import("../../core/container/store.ts"), import("../../core/container/errors.ts"), import("../../core/base/duration.ts"),
    ]);
    const intervalMs = /^\d+$/.test(options.interval) ? Number(options.interval) : parseDurationMs(options.interval);
    if (intervalMs <= 0) throw new CalaError("option-value-invalid", "the interval must be longer than nothing");
    const done = new AbortController();
    const signal = AbortSignal.any([context.signal, done.signal]);
    const waits = names.map(async (name) => {
      try {
        return await waitContainer(context.engine, findContainer(context.engine.dirs, name), { conditions: options.condition, intervalMs, signal });
      } catch (error) {
        if (options.ignore && isUnknownContainer(error)) return -1;
        throw error;
      }
    });
    if (!options.exitFirstMatch) {
      for (const code of await Promise.all(waits)) context.print(String(code));
      return;
    }
    for (const wait of waits) wait.catch(() => undefined); // those that are given up
    context.print(String(await Promise.race(waits)));
    done.abort();
  },
});
