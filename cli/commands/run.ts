import { CalaError } from "../../core/base/error.ts";
import type { StartOptions } from "../../core/container/start.ts";
import { containerDir } from "../../core/dirs/paths.ts";
import { handedDescriptors } from "../../core/host/preserved-fds.ts";
import { defineCommand } from "../command.ts";
import { attachedOutputs, detachKeys } from "../groups/attach-options.ts";
import { createOptions } from "../groups/create-options.ts";
import { preserveOptions } from "../groups/preserve-options.ts";
import { flag, rest } from "../option.ts";
import type { Following } from "../shortcut/keep-launch.ts";

export const command = defineCommand({
  description: "Makes a container from an image and starts it. The image is pulled when it is not here. In the foreground, cala ends with the container's exit code; 125 means that cala failed, 126 that the command cannot be executed, 127 that it does not exist.",
  examples: [
    "cala run --rm -it alpine sh",
    "cala run -d --name web -p 8080:80 nginx",
    "cala run --rm -v \"$PWD\":/src -w /src node:22 npm test",
  ],
  optionsFirst: true,
  arguments: { words: rest("COMMAND", { minimum: 1, usage: "IMAGE [COMMAND [ARG...]]", complete: "images" }) },
  options: {
    ...createOptions,
    detach: flag("-d, --detach", "Run in the background and print the container's ID"),
    detachKeys, ...preserveOptions,
    rmi: flag("--rmi", "Remove the image, too, when the container has ended, unless another container needs it; implies --rm"),
    sigProxy: flag("--sig-proxy", "Pass signals on to the container", { initial: true }),
  },
  async run({ options, args, context }) {
    if (options.detach && options.attach.length > 0) throw new CalaError("options-conflict", "conflicting options: --attach and --detach cannot be used together");
    if (options.rmi && options.rootfs) throw new CalaError("options-conflict", "--rmi removes an image, and with --rootfs there is none");
    const { engine } = context;
    const handed = handedDescriptors(context.env, { count: options.preserveFds ?? 0, fds: options.preserveFd });
    const [{ createNew }, { startContainer, startAttached }, { draftLaunch }] = await Promise.all([import("../create-new.ts"), import("../../core/container/start.ts"), import("../shortcut/keep-launch.ts")]);
    const record = await createNew(context, options, args.words, () => "start", (request) => ({ ...request, remove: request.remove || options.rmi }));
    // What the launcher starts by itself gets no descriptors, and removes no image.
    const start = (following: Following): StartOptions => ({ prepared: true, handed, ...(options.rmi || handed !== undefined ? {} : { onSpawned: draftLaunch(engine.dirs, record, following) }) });
    if (options.detach) {
      await startContainer(engine, record, start("detached"));
      if (options.rmi) (await import("../../core/monitor/become-attach.ts")).removeImageLater(containerDir(engine.dirs, record.id), record.imageName);
      context.print(record.id);
      return 0;
    }
    const attach = {
      ...attachedOutputs(record.request.attach), stdin: record.request.stdin,
      signalProxy: options.sigProxy, ...(options.detachKeys === undefined ? {} : { detachKeys: options.detachKeys }), ...(options.rmi ? { thenRemoveImage: record.imageName } : {}),
    };
    return await startAttached(engine, record, attach, start(attach));
  },
});
