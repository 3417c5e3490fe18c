import { join } from "node:path";
import type { CopyEnd } from "../../core/container/copy.ts";
import { CalaError } from "../../core/base/error.ts";
import type { Context } from "../context.ts";
import { defineCommand } from "../command.ts";
import { argument, flag, maybeFlag } from "../option.ts";

export const command = defineCommand({
  description: "Copies files and directories between containers, running or not, and the host. With - the source is a tar on standard input, or the target one on standard output. A directory goes into a directory that exists, DIR/. only what is in it.\n\nCopied into a container, files belong to the user of its program; with --archive=false they keep their owners. Copied out they belong to the caller; with --archive they keep their owners as the container sees them.",
  examples: ["cala cp app.conf web:/etc/", "cala cp web:/var/log/. logs", "tar -c site | cala cp - web:/srv", "cala cp web:/data backup:/data"],
  arguments: { source: argument("SOURCE", { complete: "files", description: "CONTAINER:PATH, a path of the host, or -." }), target: argument("TARGET", { complete: "files", description: "CONTAINER:PATH, a path of the host, or -." }) },
  options: {
    archive: maybeFlag("-a, --archive", "Owners: see above"),
    followLink: flag("-L, --follow-link", "Copy what a link at the end of SOURCE leads to, not the link", { initial: true }),
    overwrite: flag("--overwrite", "Let files take the place of directories, and directories that of files"),
    pause: flag("--pause", "Accepted for old command lines; a container is not paused", { hidden: true }),
    quiet: flag("-q, --quiet", "Accepted for command lines of docker; there is no progress", { hidden: true }),
  },
  async run({ options, args, context }) {
    const [{ copyFiles }, source, target] = await Promise.all([import("../../core/container/copy.ts"), endOf(context, args.source, process.stdin), endOf(context, args.target, process.stdout)]);
    if (source.kind !== "container" && target.kind !== "container") {
      throw new CalaError("arguments-conflict", `neither "${args.source}" nor "${args.target}" is in a container`, { hint: "write CONTAINER:PATH for one of them, as in: cala cp file web:/tmp/" });
    }
    if (target.kind === "stream" && context.out.isTty) throw new CalaError("out-unusable", "a tar is not written to a terminal", { hint: "redirect standard output" });
    await copyFiles(context.engine, { source, target, archive: options.archive, overwrite: options.overwrite, follow: options.followLink });
  },
});

/** docker's reading: what begins with a slash or a dot is the host's, else everything before the first colon names a container. */
async function endOf(context: Context, text: string, stream: NodeJS.ReadStream | NodeJS.WriteStream): Promise<CopyEnd> {
  if (text === "-") return { kind: "stream", stream };
  const colon = text.indexOf(":");
  if (colon < 0 || /^[./]/.test(text)) return { kind: "host", path: text.startsWith("/") ? text : hostPath(text) };
  const path = text.slice(colon + 1);
  if (colon === 0 || path === "") throw new CalaError("path-invalid", `"${text}" is not CONTAINER:PATH`);
  const { findContainer } = await import("../../core/container/store.ts");
  return { kind: "container", record: findContainer(context.engine.dirs, text.slice(0, colon)), path: path.startsWith("/") ? path : `/${path}` };
}

/** Absolute, with the slash or dot at its end that has a meaning. */
function hostPath(text: string): string {
  if (text === "") throw new CalaError("path-invalid", "a path cannot be empty");
  const ending = /(?:^|\/)\.$/.test(text) ? "/." : "";
  return `${join(process.cwd(), text)}${ending}`;
}
