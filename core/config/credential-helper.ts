/** Programs `docker-credential-NAME` that keep passwords. Protocol: docker-credential-helpers README ("get", "store", "erase", "list"). */
import { spawn } from "node:child_process";
import { CalaError, messageOf } from "../base/error.ts";
import type { Credentials } from "./auth-file.ts";

const deadlineMs = 30_000;

/** What the helper knows of a server, or undefined. @throws CalaError `credential-helper-failed` */
export async function helperGet(helper: string, server: string): Promise<Credentials | undefined> {
  const answer = await runHelper(helper, "get", server);
  if (answer.code !== 0) {
    if (/credentials not found/i.test(answer.output)) return undefined;
    throw failure(helper, "get", answer.output);
  }
  const { Username, Secret } = parseAnswer(helper, answer.output);
  if (typeof Username !== "string" || typeof Secret !== "string") throw failure(helper, "get", "its answer lacks Username or Secret");
  return Username === "<token>" ? { username: "", password: "", identityToken: Secret } : { username: Username, password: Secret };
}

/** Hands credentials to the helper. @throws CalaError `credential-helper-failed` */
export async function helperStore(helper: string, server: string, credentials: Credentials): Promise<void> {
  const answer = await runHelper(helper, "store", JSON.stringify({ ServerURL: server, Username: credentials.username, Secret: credentials.password }));
  if (answer.code !== 0) throw failure(helper, "store", answer.output);
}

/** Makes the helper forget. @returns false when it knew nothing. @throws CalaError `credential-helper-failed` */
export async function helperErase(helper: string, server: string): Promise<boolean> {
  const answer = await runHelper(helper, "erase", server);
  if (answer.code === 0) return true;
  if (/credentials not found/i.test(answer.output)) return false;
  throw failure(helper, "erase", answer.output);
}

/** The servers that a helper knows. @throws CalaError `credential-helper-failed` */
export async function helperList(helper: string): Promise<string[]> {
  const answer = await runHelper(helper, "list", "");
  if (answer.code !== 0) throw failure(helper, "list", answer.output);
  return Object.keys(parseAnswer(helper, answer.output));
}

function failure(helper: string, verb: string, output: string): CalaError {
  return new CalaError("credential-helper-failed", `the credential helper "docker-credential-${helper}" failed to ${verb}: ${output.trim().slice(0, 500)}`);
}

function parseAnswer(helper: string, output: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(output) as Readonly<Record<string, unknown>>;
  } catch {
    throw failure(helper, "answer", "its answer is not JSON");
  }
}

async function runHelper(helper: string, verb: string, input: string): Promise<{ readonly code: number; readonly output: string }> {
  if (!/^[\w.-]+$/.test(helper)) throw new CalaError("credential-helper-failed", `"${helper}" is not a name of a credential helper`);
  return await new Promise((resolve, reject) => {
    const child = spawn(`docker-credential-${helper}`, [verb], { stdio: ["pipe", "pipe", "pipe"], timeout: deadlineMs });
    let output = "";
    child.on("error", (error) => reject(new CalaError("credential-helper-failed", `the credential helper "docker-credential-${helper}" cannot be started: ${messageOf(error)}`, { cause: error })));
    child.stdout.setEncoding("utf8").on("data", (text: string) => { output += text; });
    child.stderr.setEncoding("utf8").on("data", (text: string) => { output += text; });
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}
