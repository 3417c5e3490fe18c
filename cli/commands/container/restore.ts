import { CalaError } from "../../../core/base/error.ts";
import type { ContainerRecord } from "../../../core/container/record.ts";
import { defineCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { chosenContainers } from "../../each-target.ts";
import { flag, list, rest, value } from "../../option.ts";

export const command = defineCommand({
  description: `Brings containers back that were saved with CRIU: their processes go on where they were.

    This works for every user, with CRIU 3.19 or newer; a container that cannot be brought back keeps its checkpoint. An archive is to be trusted like a program: what is in it runs as you.`,
  examples: ["cala container restore web", "cala container restore --import web.tar.zst --name web2 --publish 8081:80"],
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
    const how = { tcpEstablished: options.tcpEstablished, tcpClose: options.tcpClose, fileLocks: options.fileLocks, keep: options.keep };
    const [{ restoreContainer }, { reportCheckpoints }] = await Promise.all([import("../../../core/container/restore.ts"), import("../../output/checkpoint-report.ts")]);
    if (options.import !== undefined) {
      if (args.containers.length > 0 || options.all || options.latest) throw new CalaError("arguments-conflict", "an archive has its own container: no others can be named with --import");
      const record = await importNew(context, options.import, options);
      return await reportCheckpoints(context, { records: [record], words: [record.id], stats: options.printStats, action: "restore" }, async () => await orNothing(context, record, async () => await restoreContainer(engine, record, { ...how, isNew: true })));
    }
    const only = ([["--name", options.name], ["--publish", options.publish.length > 0], ["--ignore-static-ip", options.ignoreStaticIp], ["--ignore-static-mac", options.ignoreStaticMac], ["--ignore-rootfs", options.ignoreRootfs], ["--ignore-volumes", options.ignoreVolumes]] as const).find(([, given]) => given !== undefined && given !== false)?.[0];
    if (only !== undefined) throw new CalaError("arguments-conflict", `${only} can be used with --import only`);
    const [{ findContainer }, { savedContainers }] = await Promise.all([import("../../../core/container/store.ts"), import("../../../core/container/saved-containers.ts")]);
    const words = options.all ? savedContainers(engine).map(({ id }) => id) : await chosenContainers(context, { names: args.containers, latest: options.latest }, "any");
    const records = words.map((word) => findContainer(engine.dirs, word));
    return await reportCheckpoints(context, { records, words, stats: options.printStats, action: "restore" }, async (record) => await restoreContainer(engine, record, how));
  },
});

interface ImportOptions {
  readonly name?: string | undefined;
  readonly ignoreRootfs: boolean;
  readonly ignoreVolumes: boolean;
  readonly ignoreStaticIp: boolean;
  readonly ignoreStaticMac: boolean;
  readonly publish: readonly string[];
}

/** Refused before anything is unpacked where nothing can be brought back. */
async function importNew(context: Context, path: string, options: ImportOptions): Promise<ContainerRecord> {
  const { engine } = context;
  const { askCriu, criuRefusal } = await import("../../../core/container/criu.ts");
  const refusal = criuRefusal(await askCriu(engine, "restore"), "restore", engine.env);
  if (refusal !== undefined) throw refusal;
  const [{ importCheckpoint }, { parsePublish }, { imageProgress }] = await Promise.all([import("../../../core/container/checkpoint-archive.ts"), import("../../../core/spec/parse/publish.ts"), import("../../output/image-progress.ts")]);
  const { ignoreRootfs, ignoreVolumes, ignoreStaticIp, ignoreStaticMac, name, publish } = options;
  const { onProgress, close } = imageProgress(context.err, false);
  try {
    return await importCheckpoint(engine, path, {
      ignoreRootfs, ignoreVolumes, ignoreStaticIp, ignoreStaticMac, ...(name === undefined ? {} : { name }), ...(publish.length === 0 ? {} : { ports: publish.flatMap(parsePublish) }), obtain: { onProgress, signal: context.signal }, signal: context.signal,
    });
  } finally {
    close();
  }
}

/** The archive is still there: of a container that cannot be brought back from it nothing stays. */
async function orNothing<T>(context: Context, record: ContainerRecord, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { removeContainer } = await import("../../../core/container/remove.ts");
    await removeContainer(context.engine, record, { force: true, volumes: true }).catch(() => undefined);
    throw error;
  }
}
