import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { chosenContainers } from "../../each-target.ts";
import { flag, list, rest, value } from "../../option.ts";

export const command = defineCommand({
  description: `Brings containers back that were saved with CRIU: their processes go on where they were.

    This works for every user, with CRIU 3.19 or newer; a container that cannot be brought back keeps its checkpoint.`,
  examples: ["cala container restore web"],
  arguments: { containers: rest("CONTAINER|IMAGE", { complete: "containers" }) },
  options: {
    all: flag("-a, --all", "All containers that were saved"),
    fileLocks: flag("--file-locks", "Also of containers that held locks of files"),
    ignoreRootfs: flag("--ignore-rootfs", "Leave changes of files in the archive alone"),
    ignoreStaticIp: flag("--ignore-static-ip", "Let the network choose an address"),
    ignoreStaticMac: flag("--ignore-static-mac", "Let the network choose a MAC address"),
    ignoreVolumes: flag("--ignore-volumes", "Leave volumes in the archive alone"),
    import: value("-i, --import", "FILE", "Read an archive", { complete: "files" }),
    importPrevious: value("--import-previous", "FILE", "Read an archive of a memory that was saved before", { complete: "files" }),
    keep: flag("-k, --keep", "Keep what was saved, to restore it once more, and CRIU's log"),
    latest: flag("-l, --latest", "The container that was created last"),
    name: value("-n, --name", "NAME", "Name of a container from an archive"),
    pod: value("--pod", "NAME", "Pod of a container from an archive"),
    printStats: flag("--print-stats", "Print how long it took"),
    publish: list("-p, --publish", "PORT", "Publish a port of a container from an archive"),
    tcpClose: flag("--tcp-close", "Close TCP connections"),
    tcpEstablished: flag("--tcp-established", "Bring TCP connections back"),
  },
  async run({ options, args, context }) {
    const { engine } = context;
    if (options.pod !== undefined) throw new CalaError("option-unsupported", "a container that is restored cannot be put into a pod", { hint: "cala container restore without --pod" });
    if (options.importPrevious !== undefined) throw new CalaError("option-unsupported", "an archive holds the memory that was saved before, too: --import-previous has nothing to read", { hint: "cala container restore --import FILE" });
    if (args.containers.length === 0 && options.import === undefined && !options.all && !options.latest) {
      throw new CalaError("container-missing", "you must name a container, or an archive", { hint: "cala container restore --help" });
    }
    const { findContainer } = await import("../../../core/container/store.ts");
    const { savedContainers } = await import("../../../core/container/checkpoint-facts.ts");
    const words = options.all ? savedContainers(engine).map(({ id }) => id) : await chosenContainers(context, { names: args.containers, latest: options.latest }, "any");
    const records = words.map((word) => findContainer(engine.dirs, word));
    const { restoreContainer } = await import("../../../core/container/restore.ts");
    const { reportCheckpoints } = await import("../../output/checkpoint-report.ts");
    return await reportCheckpoints(context, { records, words, stats: options.printStats, action: "restore" }, async (record) => await restoreContainer(engine, record, {
      tcpEstablished: options.tcpEstablished, tcpClose: options.tcpClose, fileLocks: options.fileLocks, keep: options.keep,
    }));
  },
});
