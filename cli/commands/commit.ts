import { writeFileSync } from "node:fs";
import type { ContainerRecord } from "../../core/container/record.ts";
import type { ImageRecord } from "../../core/image/image-record.ts";
import type { Context } from "../context.ts";
import { defineCommand } from "../command.ts";
import { flag, list, optionalArgument, value } from "../option.ts";

/** A container that is paused already, or does not run, is left as it is. */
async function whilePaused<T>(context: Context, record: ContainerRecord, work: () => Promise<T>): Promise<T> {
  const [{ viewOf }, { pauseContainer, unpauseContainer }] = await Promise.all([import("../../core/container/view.ts"), import("../../core/container/pause.ts")]);
  if (viewOf(context.engine.dirs, record).status !== "running") return await work();
  await pauseContainer(context.engine, record);
  try {
    return await work();
  } finally {
    await unpauseContainer(context.engine, record);
  }
}

export const command = defineCommand({
  description: "Makes an image of what a container has become, and prints its id. Volumes and mounts are not part of it.",
  examples: ["cala commit web my-web:2", "cala commit --change 'CMD [\"nginx\"]' --author me --pause web my-web"],
  arguments: { container: optionalArgument("CONTAINER", { complete: "containers" }), image: optionalArgument("IMAGE") },
  options: {
    author: value("-a, --author", "AUTHOR", "Author of the image"),
    change: list("-c, --change", "INSTRUCTION", "Dockerfile instruction for the image's config: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR"),
    config: value("--config", "FILE", "JSON file with fields of an image's config, put over the container's", { complete: "files" }),
    format: value("-f, --format", "FORMAT", "Form of the image's documents", { initial: "oci", choices: ["oci", "docker"] }),
    iidfile: value("-i, --iidfile", "FILE", "Write the image's id to FILE", { complete: "files" }),
    includeVolumes: flag("--include-volumes", "The places of the container's mounts become volumes of the image"),
    message: value("-m, --message", "TEXT", "Message for the image's history"),
    pause: flag("-p, --pause", "Pause the container meanwhile"),
    quiet: flag("-q, --quiet", "Show no progress; there is none"),
    squash: flag("-s, --squash", "Make one layer of everything"),
  },
  async run({ options, args, context }) {
    const [{ targetContainer }, { commitContainer }, { emitEvent }] = await Promise.all([import("../target.ts"), import("../../core/container/commit.ts"), import("../../core/event/emit.ts")]);
    const record = await targetContainer(context, args.container, false);
    const commit = async (): Promise<ImageRecord> => await commitContainer(context.engine, record, {
      changes: options.change, format: options.format === "docker" ? "docker" : "oci", squash: options.squash, includeVolumes: options.includeVolumes, signal: context.signal,
      ...(args.image === undefined ? {} : { name: args.image }), ...(options.author === undefined ? {} : { author: options.author }),
      ...(options.message === undefined ? {} : { message: options.message }), ...(options.config === undefined ? {} : { configFile: options.config }),
    });
    const image = options.pause ? await whilePaused(context, record, commit) : await commit();
    emitEvent(context.engine, { type: "container", status: "commit", id: record.id, name: record.name, image: record.imageName });
    if (options.iidfile !== undefined) writeFileSync(options.iidfile, `sha256:${image.id}`);
    context.print(image.id);
  },
});
