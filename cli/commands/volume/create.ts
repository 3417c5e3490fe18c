import { defineCommand } from "../../command.ts";
import { flag, optionalArgument, pairs, value } from "../../option.ts";

export const command = defineCommand({
  description: "Makes a volume and prints its name. Without a name it gets a random one.",
  examples: ["cala volume create data", "cala volume create --label project=shop data", "cala volume create --opt type=none --opt o=bind --opt device=/srv/data data"],
  arguments: { name: optionalArgument("NAME") },
  options: {
    driver: value("-d, --driver", "DRIVER", "The volume's driver; there is local only", { initial: "local" }),
    ignore: flag("--ignore", "Do not mind a volume of this name that exists"),
    label: pairs("-l, --label", "KEY=VALUE", "Set a label"),
    opt: pairs("-o, --opt", "KEY=VALUE", "Set an option of the driver: type, device, o"),
  },
  async run({ options, args, context }) {
    const { createVolume } = await import("../../../core/volume/create.ts");
    const { driver, ignore, label, opt } = options;
    const volume = createVolume(context.engine.dirs, { driver, ignoreExisting: ignore, labels: label, options: opt, ...(args.name === undefined ? {} : { name: args.name }) });
    context.print(volume.name);
  },
});
