import { defineCommand } from "../../command.ts";
import { platformOf } from "../../groups/platform-options.ts";
import { argument, flag, list, optionalArgument, value } from "../../option.ts";

export const command = defineCommand({
  description: "Makes an image of one layer from a tar file, packed or not, and prints its id.",
  examples: ["cala import rootfs.tar.gz my-base:1", "tar -C rootfs -c . | cala import --change 'CMD [\"bash\"]' - my-base", "cala import https://example.com/rootfs.tar my-base"],
  arguments: { path: argument("PATH", { complete: "files", description: "A file, an http or https address, or - for standard input." }), name: optionalArgument("NAME") },
  options: {
    arch: value("--arch", "ARCH", "Architecture of the image"),
    change: list("-c, --change", "INSTRUCTION", "Dockerfile instruction for the image's config: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR"),
    message: value("-m, --message", "TEXT", "Message for the image's history"),
    os: value("--os", "OS", "Operating system of the image"),
    platform: value("--platform", "OS/ARCH[/VARIANT]", "Platform of the image, in place of --os, --arch and --variant"),
    quiet: flag("-q, --quiet", "Show no progress"),
    variant: value("--variant", "VARIANT", "Variant of the architecture"),
  },
  async run({ options, args, context }) {
    const [{ imageEngine }, { importImage }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/import.ts")]);
    const image = await importImage(imageEngine(context.engine), {
      input: args.path === "-" ? process.stdin : args.path, changes: options.change, signal: context.signal,
      ...(args.name === undefined ? {} : { name: args.name }), ...(options.message === undefined ? {} : { message: options.message }),
      ...platformOf(options),
    });
    context.print(`sha256:${image.id}`);
  },
});
