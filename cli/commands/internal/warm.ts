import { join } from "node:path";
import type { Context } from "../../context.ts";
import { defineCommand } from "../../command.ts";
import { rest } from "../../option.ts";
import { memorySink } from "../../output/sink.ts";

const image = "localhost/cala-hello";
const run = ["run", "--pull=never"];
const plenty = ["-it", "-e", "A=b", "-v", "v:/v", "-v", "/tmp:/t:ro", "-p", "127.0.0.1:80:80", "-w", "/", "-u", "0", "--name", "n", "--memory", "64m", "--entrypoint", "/hello"];
/** Waits for its standard input for ever, without a shell. */
const idle = [...run, "-d", "-i", "--network", "none", "--name", "warm", image, "/hello", "layer-apply", "/tmp"];

/** It leaves a launch template. First of all, since what was done before would make it unfit for that. */
const tracedRun = [...run, "-d", "--rm", "--network", "none", "--name", "traced", image, "hello"];

/** The launcher asks for a template of each pull, too. */
const tracedPull = ["pull", "-q", "REGISTRY/warm"];

/**
 * The command lines of each group of cli/start.cjs whose code is worth keeping compiled: those that people wait for, with their commonest
 * options. The last of `run` and `exec` replaces this process. REGISTRY and HOME stand for a registry in this process and for a directory.
 */
const typical: Readonly<Record<string, readonly (readonly string[])[]>> = {
  run: [
    tracedRun, ["create", "--pull=never", ...plenty, image, "hello"],
    [...run, "-d", "--rm", image], [...run, "-d", "--rm", "--network", "none", image], [...run, "--rm", "--network", "none", image],
  ],
  start: [["start", "missing"], ["start", "default-network"], ["start", "no-network"]],
  exec: [["exec", "missing", "sh"], idle, ["exec", "-d", "warm", "/hello", "hello"], ["exec", "-i", "-e", "A=b", "-w", "/", "-u", "0", "warm", "/hello", "hello"]],
  list: [["ps"], ["ps", "-a"], ["ps", "-aq", "--no-trunc"], ["ps", "--filter", "status=running"], ["ps", "--format", "{{.ID}} {{.Names}}"], ["images"], ["images", "-q"]],
  images: [
    ["pull", "-q", "REGISTRY/warm"], ["pull", "REGISTRY/warm"], ["rmi", "-f", "REGISTRY/warm"], ["pull", "-q", "REGISTRY/warm"],
    ["push", "-q", "REGISTRY/warm", "REGISTRY/sent"], ["save", "-q", "-o", "HOME/warm.tar", "REGISTRY/warm"], ["load", "-q", "-i", "HOME/warm.tar"],
  ],
  // Code for what is to be fetched is compiled when it is: that takes longer in any case than the same pull with nothing new.
  pull: [tracedPull, ["pull", "-q", "REGISTRY/warm"], ["pull", "REGISTRY/warm"]],
  rest: [
    ["version"], ["container", "ls"], ["volume", "ls"], ["inspect", "warm"], ["logs", "warm"], ["port", "warm"], ["stop", "-t", "0", "warm"], ["start", "warm"],
    ["kill", "warm"], ["wait", "warm"], ["rm", "-f", "warm"], ["stop", "missing"],
  ],
};

export const command = defineCommand({
  description: "Runs typical commands silently, so that the build can keep their compiled code. It gives the group, the file for the code and a store.",
  raw: true,
  arguments: { words: rest("WORD") },
  async run({ args, context }) {
    const { main } = await import("../../main.ts");
    const group = args.words[0] ?? "";
    const registry = group === "images" || group === "pull" ? await (await import("../../warm-registry.ts")).startWarmRegistry() : undefined;
    const place = (word: string): string => word.replace(/^REGISTRY/, registry?.address ?? "").replace(/^HOME/, context.env["HOME"] ?? "/");
    for (const words of typical[group] ?? []) {
      if (words === tracedRun || words === tracedPull) await trace(context, words);
      await main(words.map(place), { out: memorySink(), err: memorySink(), env: process.env });
    }
    registry?.stop();
  },
});

/** As the launcher of the command line asks for it. */
async function trace(context: Context, words: readonly string[]): Promise<void> {
  const [{ traceLaunch }, { launchTemplatesDir }] = await Promise.all([import("../../shortcut/trace.ts"), import("../../../core/dirs/paths.ts")]);
  process.argv.splice(2, process.argv.length, ...words);
  traceLaunch(join(launchTemplatesDir(context.engine.dirs), "warm"), words.map((_, index) => `warm-${index}`));
}
