import { defineCommand } from "../../command.ts";
import { flag, optionalArgument, pairs, value, wholeNumber } from "../../option.ts";

export const command = defineCommand({
  description: "Makes a volume and prints its name. Without a name it gets a random one.",
  examples: ["cala volume create data", "cala volume create --label project=shop data", "cala volume create --opt type=none --opt o=bind --opt device=/srv/data data"],
  arguments: { name: optionalArgument("NAME") },
  options: {
    driver: value("-d, --driver", "DRIVER", "The volume's driver; there is local only", { initial: "local" }),
    gid: value("--gid", "GID", "Group of the volume's directory, as containers number it", { parse: wholeNumber(0) }),
    ignore: flag("--ignore", "Do not mind a volume of this name that exists"),
    label: pairs("-l, --label", "KEY=VALUE", "Set a label"),
    opt: pairs("-o, --opt", "KEY=VALUE", "Set an option of the driver: type, device, o"),
    uid: value("--uid", "UID", "Owner of the volume's directory, as containers number it", { parse: wholeNumber(0) }),
  },
  async run({ options, args, context }) {
    const [{ createVolume, volumeOwner }, { CalaError }] = await Promise.all([import("../../../core/volume/create.ts"), import("../../../core/base/error.ts")]);
    const { driver, gid, ignore, label, uid } = options;
    const owner = [...(uid === undefined ? [] : [`uid=${uid}`]), ...(gid === undefined ? [] : [`gid=${gid}`])];
    if (owner.length > 0 && options.opt["type"] !== undefined) throw new CalaError("arguments-conflict", "--uid and --gid are for volumes that are directories of their own", { hint: "use --opt o=uid=…,gid=… with --opt type=tmpfs" });
    const opt = owner.length === 0 ? options.opt : { ...options.opt, o: [options.opt["o"], ...owner].filter((word) => word !== undefined).join(",") };
    const volume = createVolume(context.engine.dirs, { driver, ignoreExisting: ignore, labels: label, options: opt, ...(args.name === undefined ? {} : { name: args.name }) });
    const given = volumeOwner(volume);
    if (given !== undefined) {
      const { ownVolume } = await import("../../../core/volume/own.ts");
      await ownVolume(context.engine, volume, given);
    }
    context.print(volume.name);
  },
});
