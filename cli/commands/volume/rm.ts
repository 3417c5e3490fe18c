import { CalaError } from "../../../core/base/error.ts";
import type { Context } from "../../context.ts";
import { defineCommand } from "../../command.ts";
import { eachTarget } from "../../each-target.ts";
import { flag, rest, value, wholeNumber } from "../../option.ts";

export const command = defineCommand({
  description: "Removes volumes with everything in them. One that a container uses is removed only with --force, and the container with it.",
  examples: ["cala volume rm data", "cala volume rm --force data", "cala volume rm --all"],
  arguments: { volumes: rest("VOLUME", { complete: "volumes" }) },
  options: {
    all: flag("-a, --all", "Remove all volumes"),
    force: flag("-f, --force", "Remove the containers that use the volume, too; do not mind volumes that do not exist"),
    time: value("-t, --time, --timeout", "SECONDS", "Seconds to wait before killing a container, with --force (-1: for ever)", { parse: wholeNumber(-1), defaultText: "10, or the container's own" }),
  },
  async run({ options, args, context }) {
    if (options.all === args.volumes.length > 0) throw new CalaError("arguments-conflict", "choose either one or more volumes or all", { hint: "cala volume rm --help" });
    const [{ removeVolume }, { findVolume, listVolumes }, { volumeUsers }] = await Promise.all([
      import("../../../core/volume/remove.ts"), import("../../../core/volume/record.ts"), import("../../../core/container/volume-users.ts"),
    ]);
    const { engine } = context;
    const usersOf = (name: string): string[] => volumeUsers(engine.dirs, name).map(({ id }) => id);
    const names = options.all ? listVolumes(engine.dirs).map((volume) => volume.name) : args.volumes;
    return await eachTarget(context, names, async (name) => {
      try {
        if (options.force) await removeUsers(context, findVolume(engine.dirs, name).name, options.time);
        return await removeVolume(engine, name, usersOf);
      } catch (error) {
        if (!(error instanceof CalaError && error.code === "volume-unknown")) throw error;
        if (options.force) return undefined;
        // As with podman.
        throw new CalaError(error.code, error.message, { hint: "cala volume ls", exitCode: 1 });
      }
    });
  },
});

/** Removes the containers that are in a volume's way. */
async function removeUsers(context: Context, volume: string, timeoutSeconds: number | undefined): Promise<void> {
  const [{ removeContainer }, { volumeUsers }] = await Promise.all([import("../../../core/container/remove.ts"), import("../../../core/container/volume-users.ts")]);
  for (const record of volumeUsers(context.engine.dirs, volume)) {
    await removeContainer(context.engine, record, { force: true, volumes: false, ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }) });
  }
}
