import { CalaError } from "../../core/base/error.ts";
import { defineCommand } from "../command.ts";
import { flag, optionalArgument } from "../option.ts";

export const command = defineCommand({
  description: "Lists the published ports of a container, or where one of them is published.",
  examples: ["cala port web", "cala port web 80/tcp", "cala port --all"],
  arguments: { container: optionalArgument("CONTAINER", { complete: "containers" }), port: optionalArgument("PORT[/PROTOCOL]") },
  options: { all: flag("-a, --all", "List the ports of all running containers"), latest: flag("-l, --latest", "The container that was created last") },
  async run({ options, args, context }) {
    const { listContainers } = await import("../../core/container/list.ts");
    const { publishedPort, portLines } = await import("../../core/container/port.ts");
    if (options.all) {
      for (const { record } of listContainers(context.engine, { all: false, filters: [] })) for (const line of portLines(record)) context.print(`${record.id.slice(0, 12)}\t${line}`);
      return;
    }
    const { targetContainer } = await import("../target.ts");
    const wanted = options.latest ? args.container : args.port;
    const record = await targetContainer(context, options.latest ? undefined : args.container, options.latest);
    if (wanted === undefined) {
      for (const line of portLines(record)) context.print(line);
      return;
    }
    const found = publishedPort(record, wanted);
    if (found.length === 0) throw new CalaError("port-unpublished", `failed to find published port "${wanted}"`, { hint: `cala port ${record.name}` });
    for (const address of found) context.print(address);
  },
});
