import { defineCommand } from "../../command.ts";
import { chosenContainers } from "../../each-target.ts";
import { flag, rest, value } from "../../option.ts";

export const command = defineCommand({
  description: `Saves running containers to disk with CRIU, where the host permits.

    CRIU cannot do this for an ordinary user's containers yet; the command says what is missing on this host.`,
  examples: ["cala container checkpoint web"],
  arguments: { containers: rest("CONTAINER", { complete: "running" }) },
  options: {
    all: flag("-a, --all", "All running containers"),
    compress: value("-c, --compress", "METHOD", "How an archive is packed", { choices: ["zstd", "none", "gzip"], initial: "zstd" }),
    createImage: value("--create-image", "IMAGE", "Make an image of what is saved"),
    export: value("-e, --export", "FILE", "Write an archive", { complete: "files" }),
    fileLocks: flag("--file-locks", "Also of containers that hold locks of files"),
    ignoreRootfs: flag("--ignore-rootfs", "Leave changes of files out of the archive"),
    ignoreVolumes: flag("--ignore-volumes", "Leave volumes out of the archive"),
    keep: flag("-k, --keep", "Keep CRIU's files"),
    latest: flag("-l, --latest", "The container that was created last"),
    leaveRunning: flag("-R, --leave-running", "Let the container run on"),
    preCheckpoint: flag("-P, --pre-checkpoint", "Save the memory only, to save the rest quickly later"),
    printStats: flag("--print-stats", "Print how long it took"),
    tcpEstablished: flag("--tcp-established", "Also of containers with TCP connections"),
    withPrevious: flag("--with-previous", "Build upon a memory that was saved before"),
  },
  async run({ options, args, context }) {
    const { findContainer } = await import("../../../core/container/store.ts");
    const names = await chosenContainers(context, { names: args.containers, all: options.all, latest: options.latest }, "running");
    for (const name of names) findContainer(context.engine.dirs, name);
    const { askCriu, checkpointRefusal } = await import("../../../core/container/checkpoint.ts");
    if (names.length > 0) throw checkpointRefusal(await askCriu(context.engine), "checkpoint", context.engine.env);
  },
});
