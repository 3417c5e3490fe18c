/** Signatures of GnuPG, checked by the host's gpg with the policy's keys alone. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CalaError, isErrno } from "../../base/error.ts";
import type { Environment } from "../../dirs/dirs.ts";

const deadlineMs = 30_000;

/** Checks signatures against a fixed set of keys. `close` removes its key ring. */
export interface GpgVerifier {
  /** What was signed, or undefined when no key of the set signed it. */
  readonly open: (signature: Buffer) => Promise<Buffer | undefined>;
  readonly close: () => void;
}

interface Outcome {
  readonly status: number;
  readonly stdout: Buffer;
  /** gpg's machine-readable lines. */
  readonly lines: readonly string[];
}

/** A verifier for some public keys (armoured or not). @throws CalaError `program-missing`, `policy-invalid` */
export async function gpgVerifier(keys: readonly Buffer[], env: Environment): Promise<GpgVerifier> {
  const home = mkdtempSync(join(tmpdir(), "cala-gpg-"));
  const close = (): void => rmSync(home, { recursive: true, force: true });
  try {
    for (const key of keys) {
      const { lines } = await runGpg(home, ["--import"], key, env);
      if (!lines.some((line) => line.startsWith("IMPORT_OK "))) throw new CalaError("policy-invalid", "the signature policy names a file that has no public key of GnuPG");
    }
  } catch (error) {
    close();
    throw error;
  }
  const open = async (signature: Buffer): Promise<Buffer | undefined> => {
    const file = join(home, "signature");
    writeFileSync(file, signature);
    const { status, stdout, lines } = await runGpg(home, ["--decrypt", file], undefined, env);
    const said = (word: string): number => lines.filter((line) => line.startsWith(`${word} `)).length;
    const refused = said("BADSIG") + said("ERRSIG") + said("EXPSIG") + said("EXPKEYSIG") + said("REVKEYSIG");
    return status === 0 && said("VALIDSIG") === 1 && said("GOODSIG") === 1 && refused === 0 ? stdout : undefined;
  };
  return { open, close };
}

async function runGpg(home: string, words: readonly string[], input: Buffer | undefined, env: Environment): Promise<Outcome> {
  const options = ["--homedir", home, "--no-options", "--batch", "--no-tty", "--no-autostart", "--no-auto-key-locate", "--trust-model", "always", "--status-fd", "3"];
  return await new Promise<Outcome>((resolve, reject) => {
    const child = spawn("gpg", [...options, ...words], { stdio: ["pipe", "pipe", "ignore", "pipe"], timeout: deadlineMs, env: { PATH: env["PATH"] ?? process.env["PATH"], LC_ALL: "C" } });
    const [stdout, status]: [Buffer[], Buffer[]] = [[], []];
    child.on("error", (error) => reject(isErrno(error, "ENOENT") ? missing(error) : error));
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
    child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stdio[3]?.on("data", (chunk: Buffer) => status.push(chunk));
    child.on("close", (code) => resolve({
      status: code ?? 1, stdout: Buffer.concat(stdout),
      lines: Buffer.concat(status).toString("utf8").split("\n").map((line) => line.replace(/^\[GNUPG:\] /, "")),
    }));
  });
}

function missing(cause: unknown): CalaError {
  return new CalaError("program-missing", `the signature policy asks for a signature of GnuPG, and "gpg" is not on this machine`, { cause, hint: "install gnupg" });
}
