import { defineCommand } from "../../command.ts";
import { eachTarget } from "../../each-target.ts";
import { rest } from "../../option.ts";

export const command = defineCommand({
  description: "Prints where the content of volumes is. Volumes of the driver local are directories already, so nothing has to be mounted; files of other ids can be changed inside \"cala unshare\".",
  examples: ["ls $(cala volume mount data)"],
  arguments: { volumes: rest("VOLUME", { minimum: 1, complete: "volumes" }) },
  async run({ args, context }) {
    const { volumePlace } = await import("../../../core/container/volume-archive.ts");
    return await eachTarget(context, args.volumes, (name) => Promise.resolve(volumePlace(context.engine, name)));
  },
});
