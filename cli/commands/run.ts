import { CalaError } from "../../core/base/error.ts";
import { inheritedSockets } from "../../core/host/listen-fds.ts";
import { defineCommand } from "../command.ts";
import { detachKeys } from "../groups/attach-options.ts";
import { createOptions } from "../groups/create-options.ts";
import { flag, list, rest } from "../option.ts";
import type { Following } from "../shortcut/keep-launch.ts";

const streams = ["stdin", "stdout", "stderr"];

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
    attach: list("-a, --attach", "STREAM", "Connect only to these of stdin, stdout and stderr", { commas: true }),
    detach: flag("-d, --detach", "Run in the background and print the container's ID"),
    detachKeys,
    sigProxy: flag("--sig-proxy", "Pass signals on to the container", { initial: true }),
  },
  async run({ options, args, context }) {
    const wanted = options.attach.map((stream) => stream.toLowerCase());
    for (const stream of wanted) if (!streams.includes(stream)) throw new CalaError("option-value-invalid", `invalid stream "${stream}" for --attach`, { hint: `use ${streams.join(", ")}` });
    if (options.detach && wanted.length > 0) throw new CalaError("options-conflict", "conflicting options: --attach and --detach cannot be used together");
    const handed = inheritedSockets(context.env);
    const [{ createNew }, { startContainer, startAttached }, { draftLaunch }] = await Promise.all([import("../create-new.ts"), import("../../core/container/start.ts"), import("../shortcut/keep-launch.ts")]);
    const record = await createNew(context, options, args.words, "start", (request) => ({ ...request, stdin: request.stdin || wanted.includes("stdin") }));
    // What the launcher starts by itself gets no descriptors.
    const draft = (following: Following): (() => void) | undefined => (handed === undefined ? draftLaunch(context.engine.dirs, record, following) : undefined);
    if (options.detach) {
      await startContainer(context.engine, record, { prepared: true, handed, onSpawned: draft("detached") });
      context.print(record.id);
      return 0;
    }
    const all = wanted.length === 0;
    const attach = {
      stdin: record.request.stdin && (all || wanted.includes("stdin")), stdout: all || wanted.includes("stdout"), stderr: all || wanted.includes("stderr"),
      signalProxy: options.sigProxy, ...(options.detachKeys === undefined ? {} : { detachKeys: options.detachKeys }),
    };
    return await startAttached(context.engine, record, attach, { prepared: true, handed, onSpawned: draft(attach) });
  },
});
