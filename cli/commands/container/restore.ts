import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { flag, list, rest, value } from "../../option.ts";

export const command = defineCommand({
  description: `Brings containers back that were saved with CRIU, where the host permits.

    CRIU cannot do this for an ordinary user's containers yet; the command says what is missing on this host.`,
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
    keep: flag("-k, --keep", "Keep CRIU's files"),
    latest: flag("-l, --latest", "The container that was created last"),
    name: value("-n, --name", "NAME", "Name of a container from an archive"),
    pod: value("--pod", "NAME", "Pod of a container from an archive"),
    printStats: flag("--print-stats", "Print how long it took"),
    publish: list("-p, --publish", "PORT", "Publish a port of a container from an archive"),
    tcpClose: flag("--tcp-close", "Close TCP connections"),
    tcpEstablished: flag("--tcp-established", "Bring TCP connections back"),
  },
  async run({ options, args, context }) {
    if (args.containers.length === 0 && options.import === undefined && !options.all && !options.latest) {
      throw new CalaError("container-missing", "you must name a container, or an archive", { hint: "cala container restore --help" });
    }
    const { askCriu, checkpointRefusal } = await import("../../../core/container/checkpoint.ts");
    throw checkpointRefusal(await askCriu(context.engine), "restore", context.engine.env);
  },
});
