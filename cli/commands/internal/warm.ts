import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineCommand } from "../../command.ts";
import { memorySink } from "../../output/sink.ts";

/** Command lines whose code is worth keeping compiled: those that people wait for, with their commonest options. */
const typical: readonly (readonly string[])[] = [
  ["version"], ["ps"], ["ps", "-a"], ["ps", "-aq", "--no-trunc"], ["ps", "--format", "{{.ID}} {{.Names}}"], ["images"], ["images", "-q"],
  ["volume", "ls"], ["inspect", "missing"], ["run", "--rm", "-it", "-d", "-e", "A=b", "-v", "v:/v", "-p", "80:80", "missing.invalid/image:tag", "true"],
  ["create", "--pull", "never", "missing", "true"], ["exec", "-it", "missing", "sh"], ["logs", "missing"], ["rm", "-f", "missing"],
  ["stop", "missing"], ["start", "missing"], ["kill", "missing"], ["wait", "missing"], ["container", "ls"], ["port", "missing"],
];

export const command = defineCommand({
  description: "Runs typical commands in an empty store, silently, so that the build can keep their compiled code.",
  raw: true,
  async run() {
    const { main } = await import("../../main.ts");
    const root = mkdtempSync(join(tmpdir(), "cala-warm-"));
    const env = { ...process.env, CALA_ROOT: root };
    try {
      for (const words of typical) {
        // `run` could reach a registry or start something on a machine that has the image: never pulled here.
        const argv = words[0] === "run" ? ["run", "--pull=never", ...words.slice(1)] : words;
        await main(argv, { out: memorySink(), err: memorySink(), env });
      }
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
});
