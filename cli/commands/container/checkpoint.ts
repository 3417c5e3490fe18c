import { CalaError } from "../../../core/base/error.ts";
import type { ArchiveRequest } from "../../../core/container/checkpoint-archive.ts";
import type { CheckpointRequest } from "../../../core/container/checkpoint.ts";
import { defineCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { chosenContainers } from "../../each-target.ts";
import { flag, rest, value } from "../../option.ts";

export const command = defineCommand({
  description: `Saves running containers to disk with CRIU, with everything that their processes hold in memory, and ends them.

    The kernel shows that to capabilities of the host only: root's cala has them for this command; an ordinary user's containers can be saved where criu itself has them. Bringing a container back needs none. Whatever is missing is named, and a container that cannot be saved runs on.`,
  examples: ["sudo cala container checkpoint web", "sudo cala container checkpoint --leave-running --export web.tar.zst web"],
  arguments: { containers: rest("CONTAINER", { complete: "running" }) },
  options: {
    all: flag("-a, --all", "All running containers"),
    compress: value("-c, --compress", "METHOD", "How an archive is packed", { choices: ["zstd", "none", "gzip"], initial: "zstd" }),
    createImage: value("--create-image", "IMAGE", "Make an image of what is saved"),
    export: value("-e, --export", "FILE", "Write an archive", { complete: "files" }),
    fileLocks: flag("--file-locks", "Also of containers that hold locks of files"),
    ignoreRootfs: flag("--ignore-rootfs", "Leave changes of files out of the archive"),
    ignoreVolumes: flag("--ignore-volumes", "Leave volumes out of the archive"),
    keep: flag("-k, --keep", "Keep CRIU's log and statistics"),
    latest: flag("-l, --latest", "The container that was created last"),
    leaveRunning: flag("-R, --leave-running", "Let the container run on"),
    preCheckpoint: flag("-P, --pre-checkpoint", "Save the memory only, to save the rest quickly later"),
    printStats: flag("--print-stats", "Print how long it took"),
    tcpEstablished: flag("--tcp-established", "Also of containers with TCP connections"),
    withPrevious: flag("--with-previous", "Build upon a memory that was saved before"),
  },
  async run({ options, args, context }) {
    const { engine } = context;
    if (options.createImage !== undefined) throw new CalaError("option-unsupported", "an image cannot be made of a checkpoint", { hint: "cala container checkpoint --export FILE makes an archive" });
    if (options.export === undefined && (options.ignoreRootfs || options.ignoreVolumes)) throw new CalaError("arguments-conflict", "--ignore-rootfs and --ignore-volumes say what an archive lacks, and need --export");
    if (options.preCheckpoint && options.export !== undefined) throw new CalaError("arguments-conflict", "a memory that is saved beforehand is kept here; the archive that follows it has it, too");
    if (options.preCheckpoint && options.withPrevious) throw new CalaError("arguments-conflict", "--pre-checkpoint and --with-previous exclude each other");
    const names = await chosenContainers(context, { names: args.containers, all: options.all, latest: options.latest }, "running");
    if (options.export !== undefined && names.length !== 1) throw new CalaError("arguments-conflict", "an archive takes one container");
    const { findContainer } = await import("../../../core/container/store.ts");
    const records = names.map((name) => findContainer(engine.dirs, name));
    const archive = options.export === undefined ? {} : { archive: await archiveTo(context, options.export, { ignoreRootfs: options.ignoreRootfs, ignoreVolumes: options.ignoreVolumes, packing: options.compress as "zstd" | "gzip" | "none" }) };
    const { checkpointContainer } = await import("../../../core/container/checkpoint.ts");
    const { reportCheckpoints } = await import("../../output/checkpoint-report.ts");
    return await reportCheckpoints(context, { records, words: names, stats: options.printStats, action: "checkpoint" }, async (record) => await checkpointContainer(engine, record, {
      leaveRunning: options.leaveRunning, tcpEstablished: options.tcpEstablished, fileLocks: options.fileLocks, keep: options.keep, preCheckpoint: options.preCheckpoint, withPrevious: options.withPrevious, ...archive,
    }));
  },
});

async function archiveTo(context: Context, path: string, request: ArchiveRequest): Promise<NonNullable<CheckpointRequest["archive"]>> {
  const [{ checkpointArchive }, { writeStream }] = await Promise.all([import("../../../core/container/checkpoint-archive.ts"), import("../../output/write-stream.ts")]);
  // What processes have in their memory is nobody else's business.
  return async (dir, record) => await writeStream(checkpointArchive(context.engine, record, dir, request), path, context.signal, 0o600);
}
