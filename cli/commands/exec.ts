import { defineCommand } from "../command.ts";
import { detachKeys } from "../groups/attach-options.ts";
import { preserveOptions } from "../groups/preserve-options.ts";
import { flag, list, rest, value } from "../option.ts";

export const command = defineCommand({
  description: "Runs a further command in a running container and ends with its exit code.",
  examples: ["cala exec web ls /", "cala exec -it web sh", "cala exec --detach --user nobody web touch /tmp/done"],
  optionsFirst: true,
  arguments: { words: rest("COMMAND", { usage: "CONTAINER COMMAND [ARG...]", complete: "running" }) },
  options: {
    cidfile: value("--cidfile", "FILE", "Read the container's ID from FILE", { complete: "files" }),
    detach: flag("-d, --detach", "Run in the background"),
    detachKeys, ...preserveOptions,
    env: list("-e, --env", "KEY=VALUE", "Set an environment variable; KEY alone passes on its value"),
    envFile: list("--env-file", "FILE", "Read environment variables from FILE", { complete: "files" }),
    interactive: flag("-i, --interactive", "Keep standard input open"),
    latest: flag("-l, --latest", "The container that was created last"),
    noSession: flag("--no-session", "Keep no record of the exec; cala never keeps one"),
    privileged: flag("--privileged", "All capabilities of the container's own user namespace, no system call filter"),
    tty: flag("-t, --tty", "Give the command a terminal"),
    user: value("-u, --user", "USER[:GROUP]", "User and group, by name or number"),
    workdir: value("-w, --workdir", "DIR", "Working directory inside the container"),
  },
  async run({ options, args, context }) {
    const [{ execTarget }, { execInContainer }, { environmentOf }] = await Promise.all([import("../exec-target.ts"), import("../../core/container/exec.ts"), import("../environment.ts")]);
    const { record, command: words } = await execTarget(context, args.words, options.latest, options.cidfile);
    const preserve = { count: options.preserveFds ?? 0, fds: options.preserveFd };
    const handed = preserve.count + preserve.fds.length === 0 ? undefined : (await import("../../core/host/preserved-fds.ts")).handedDescriptors({}, preserve);
    return await execInContainer(context.engine, record, {
      command: words, env: environmentOf({ files: options.envFile, values: options.env, host: context.env }),
      terminal: options.tty, stdin: options.interactive, privileged: options.privileged, detach: options.detach,
      ...(handed === undefined ? {} : { handed: handed.fds }),
      ...(options.user === undefined ? {} : { user: options.user }),
      ...(options.workdir === undefined ? {} : { workdir: options.workdir }),
      ...(options.detachKeys === undefined ? {} : { detachKeys: options.detachKeys }),
    });
  },
});
