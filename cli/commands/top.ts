import { defineCommand } from "../command.ts";
import { flag, rest } from "../option.ts";
import { alignColumns } from "../output/table.ts";

export const command = defineCommand({
  description: "Lists the processes of a running container. Columns are named as in podman (user, pid, ppid, pcpu, etime, tty, time, args unless given; hpid and huser as the host sees them; %p and the like, too). Options of ps, as in docker, run the host's ps for the container's processes.",
  examples: ["cala top web", "cala top web pid hpid user args", "cala top web aux", "cala top web -o pid,cmd"],
  optionsFirst: true,
  arguments: { words: rest("COLUMN", { usage: "CONTAINER [COLUMN...|PS-OPTIONS...]", complete: "running" }) },
  options: {
    latest: flag("-l, --latest", "The container that was created last"),
    listDescriptors: flag("--list-descriptors", "Print the names of all columns", { hidden: true }),
  },
  async run({ options, args, context }) {
    const [{ targetContainer }, { containerProcesses }, { topRows, defaultDescriptors, descriptors }] = await Promise.all([import("../target.ts"), import("../../core/container/processes.ts"), import("../../core/container/top.ts")]);
    if (options.listDescriptors) {
      for (const name of descriptors) context.print(name);
      return;
    }
    const record = await targetContainer(context, options.latest ? undefined : args.words[0], options.latest);
    const words = args.words.slice(options.latest ? 0 : 1);
    const table = await containerProcesses(context.engine, record);
    if (words.some((word) => word.startsWith("-")) || /^[aux]{2,3}$/.test(words[0] ?? "")) {
      const { hostPs } = await import("../../core/container/host-ps.ts");
      context.out.write(await hostPs(table.processes.map(({ hostPid }) => hostPid), words));
      return;
    }
    const names = words.flatMap((word) => word.split(","));
    const { headings, rows } = topRows(table, names.length === 0 ? defaultDescriptors : names);
    context.out.write(alignColumns([headings, ...rows]));
  },
});
