import { CalaError } from "../../core/base/error.ts";
import { defineCommand } from "../command.ts";
import { healthOptions } from "../groups/health-options.ts";
import { limitOptions, limitsOf } from "../groups/limit-options.ts";
import { privilegedOptions, refusePrivileged } from "../groups/privileged-options.ts";
import { flag, list, optionalArgument, value } from "../option.ts";

export const command = defineCommand({
  description: `Changes the limits, the restart policy or the health checks of a container. They hold at once, and for later starts.

    Environment and ulimits change at the next start.`,
  examples: ["cala update --memory 512m web", "cala update --cpus 2 --restart always web", "cala update --health-cmd 'curl -f localhost' --health-interval 10s web"],
  arguments: { container: optionalArgument("CONTAINER", { complete: "containers" }) },
  options: {
    ...limitOptions, ...privilegedOptions, ...healthOptions,
    env: list("-e, --env", "KEY=VALUE", "Set an environment variable, from the next start on"),
    latest: flag("-l, --latest", "The container that was created last"),
    restart: value("--restart", "POLICY", "What to do when the container ends: no, on-failure[:N], always or unless-stopped"),
    ulimit: list("--ulimit", "NAME=SOFT[:HARD]", "Set a resource limit of the process, from the next start on", { commas: true }),
    unsetenv: list("--unsetenv", "KEY", "Remove an environment variable, from the next start on"),
  },
  async run({ options, args, given, context }) {
    refusePrivileged(options);
    if (given.size - (options.latest ? 1 : 0) === 0) throw new CalaError("arguments-missing", "there is nothing to update", { hint: "cala update --help" });
    const wantsHealth = (Object.keys(healthOptions) as (keyof typeof healthOptions)[]).some((key) => given.has(key));
    const [{ updateContainer }, { healthOf }, { parseRestart }, { parseUlimit }, { environmentOf }, { targetContainer }] = await Promise.all([
      import("../../core/container/update.ts"), import("../groups/health-request.ts"), import("../../core/spec/parse/restart.ts"), import("../../core/spec/parse/ulimit.ts"), import("../environment.ts"), import("../target.ts"),
    ]);
    const record = await targetContainer(context, args.container, options.latest);
    await updateContainer(context.engine, record, {
      limits: limitsOf(options), ...(options.restart === undefined ? {} : { restart: parseRestart(options.restart) }), ulimits: options.ulimit.map(parseUlimit),
      ...(wantsHealth ? { health: (former) => healthOf(options, former) } : {}),
      env: environmentOf({ files: [], values: options.env, host: context.env, passAll: false }), unsetEnv: options.unsetenv,
    });
    context.print(record.id);
  },
});
