/** Credentials from options, standard input or the terminal. */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { CalaError } from "../core/base/error.ts";
import type { Credentials } from "../core/config/auth-file.ts";
import type { Context } from "./context.ts";

interface CredentialOptions {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly passwordStdin: boolean;
}

/** The host that `login` and `logout` mean. @throws CalaError `reference-invalid` */
export async function registryHost(typed: string | undefined, env: Context["env"]): Promise<string> {
  const name = typed ?? (await (await import("../core/config/registries-conf.ts")).loadRegistriesConfig(env)).searchRegistries[0] ?? "docker.io";
  const bare = name.replace(/^https?:\/\//, "").replace(/\/+$/, "");
  if (!/^[\w.-]+(:\d+)?(\/[\w./-]+)?$|^\[[0-9a-fA-F:]+\](:\d+)?$/.test(bare)) throw new CalaError("reference-invalid", `"${name}" is not a registry's host`);
  return bare === "index.docker.io" || bare === "registry-1.docker.io" ? "docker.io" : bare;
}

/** Asks for what the options leave open; without a terminal that is an error. @throws CalaError `credentials-missing` */
export async function readCredentials(context: Context, options: CredentialOptions, knownUser: string | undefined): Promise<Credentials> {
  if (options.passwordStdin) {
    if (options.password !== undefined) throw new CalaError("arguments-conflict", "--password and --password-stdin cannot be given together");
    if (options.username === undefined) throw new CalaError("credentials-missing", "--password-stdin needs --username");
    return { username: options.username, password: (await readAll()).replace(/\r?\n$/, "") };
  }
  if (options.username !== undefined && options.password !== undefined) return { username: options.username, password: options.password };
  if (process.stdin.isTTY !== true) throw new CalaError("credentials-missing", "there is no terminal to ask for credentials", { hint: "use --username and --password-stdin" });
  const username = options.username ?? ((await ask(context, knownUser === undefined ? "Username: " : `Username (${knownUser}): `, true)) || knownUser);
  if (username === undefined || username === "") throw new CalaError("credentials-missing", "a user name is needed");
  const password = options.password ?? (await ask(context, "Password: ", false));
  return { username, password };
}

async function readAll(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8") as AsyncIterable<string>) text += chunk;
  return text;
}

/** One line from the terminal; what is typed is shown only when `echo`. */
async function ask(context: Context, question: string, echo: boolean): Promise<string> {
  context.err.write(question);
  const sink = new Writable({ write: (chunk: Buffer, _encoding, done): void => {
    if (echo) context.err.write(chunk);
    done();
  } });
  const lines = createInterface({ input: process.stdin, output: sink, terminal: true });
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once("line", resolve);
      lines.once("SIGINT", () => reject(new CalaError("interrupted", "interrupted", { exitCode: 130 })));
      lines.once("close", () => reject(new CalaError("credentials-missing", "the input ended")));
    });
  } finally {
    lines.close();
    if (!echo) context.err.write("\n");
  }
}
