/** Stored logins. Source: containers-auth.json(5); docker's config.json has the same form. */
import { chmodSync, existsSync } from "node:fs";
import { join } from "node:path";
import { CalaError } from "../base/error.ts";
import type { Environment } from "../dirs/dirs.ts";
import { readJsonIfThere } from "../fs/read-json.ts";
import { writeAtomic } from "../fs/write-atomic.ts";
import { helperErase, helperGet, helperList, helperStore } from "./credential-helper.ts";
import { homeOf, userContainersDir } from "./places.ts";

/** What proves who the user is to a registry. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** OAuth2 refresh token, in place of a password. */
  readonly identityToken?: string;
}

interface AuthDocument {
  auths?: Record<string, { auth?: string; username?: string; password?: string; identitytoken?: string }>;
  credHelpers?: Record<string, string>;
  credsStore?: string;
}

/** The file that `login` writes: `--authfile`, REGISTRY_AUTH_FILE, the runtime directory's, else the home's. */
export function loginFile(env: Environment = process.env, authfile?: string): string {
  if (authfile !== undefined && authfile !== "") return authfile;
  const named = env["REGISTRY_AUTH_FILE"];
  if (named !== undefined && named !== "") return named;
  const runtime = env["XDG_RUNTIME_DIR"];
  if (runtime !== undefined && runtime !== "" && existsSync(runtime)) return join(runtime, "containers", "auth.json");
  return join(userContainersDir(env), "auth.json");
}

/** Files that are searched for logins, in order. A file that was named is the only one. */
export function authFiles(env: Environment = process.env, authfile?: string): string[] {
  if ((authfile ?? env["REGISTRY_AUTH_FILE"] ?? "") !== "") return [loginFile(env, authfile)];
  const docker = env["DOCKER_CONFIG"];
  const dockerDir = docker !== undefined && docker !== "" ? docker : join(homeOf(env), ".docker");
  return [...new Set([loginFile(env), join(userContainersDir(env), "auth.json"), join(dockerDir, "config.json")])];
}

/** Names under which a registry's or repository's login may be stored, most specific first. */
function keysFor(target: string): string[] {
  const keys: string[] = [];
  for (let key = target; ; key = key.slice(0, key.lastIndexOf("/"))) {
    keys.push(key);
    if (!key.includes("/")) break;
  }
  const host = keys.at(-1) ?? target;
  return host === "docker.io" ? [...keys, "index.docker.io", "registry-1.docker.io"] : keys;
}

/** What helpers and docker's own file call Docker Hub. */
const hubServer = "https://index.docker.io/v1/";
const serverOf = (target: string): string => (target === "docker.io" ? hubServer : target);

/** A stored key as host and path: docker writes URLs such as `https://index.docker.io/v1/`. */
function normalKey(key: string): string {
  const bare = key.replace(/^https?:\/\//, "");
  return bare === key ? key : bare.split("/")[0] ?? bare;
}

/** In a list of credential helpers (registries.conf), this name means the files. */
const filesHelper = "containers-auth.json";

/**
 * The login for a repository (`host/path`) or registry (`host`), or undefined. Looks in credential helpers too.
 * @param helpers asked in this order; `containers-auth.json` stands for the files, which are asked first where it is not listed
 * @throws CalaError `file-damaged`, `credential-helper-failed`
 */
export async function findCredentials(target: string, env: Environment = process.env, authfile?: string, helpers: readonly string[] = []): Promise<Credentials | undefined> {
  const order = helpers.includes(filesHelper) || authfile !== undefined ? helpers : [filesHelper, ...helpers];
  for (const helper of authfile === undefined ? order : [filesHelper]) {
    const found = helper === filesHelper ? await credentialsInFiles(target, env, authfile) : await helperGet(helper, serverOf(target.split("/")[0] ?? target));
    if (found !== undefined) return found;
  }
  return undefined;
}

async function credentialsInFiles(target: string, env: Environment, authfile: string | undefined): Promise<Credentials | undefined> {
  for (const file of authFiles(env, authfile)) {
    const document = readJsonIfThere<AuthDocument>(file);
    const found = document === undefined ? undefined : await credentialsIn(document, target, file);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function credentialsIn(document: AuthDocument, target: string, file: string): Promise<Credentials | undefined> {
  const keys = keysFor(target);
  const host = target.split("/")[0] ?? target;
  for (const key of keys) {
    const helper = document.credHelpers?.[key];
    if (helper !== undefined) return await helperGet(helper, key);
  }
  const entries = Object.entries(document.auths ?? {});
  for (const key of keys) {
    const entry = entries.find(([stored]) => normalKey(stored) === key)?.[1];
    const found = entry === undefined ? undefined : decodeEntry(entry, key, file);
    if (found !== undefined) return found;
  }
  if (document.credsStore === undefined || document.credsStore === "") return undefined;
  return await helperGet(document.credsStore, serverOf(host));
}

function decodeEntry(entry: NonNullable<AuthDocument["auths"]>[string], key: string, file: string): Credentials | undefined {
  const identityToken = entry.identitytoken === undefined || entry.identitytoken === "" ? {} : { identityToken: entry.identitytoken };
  if (entry.auth === undefined || entry.auth === "") {
    if (entry.username !== undefined && entry.password !== undefined) return { username: entry.username, password: entry.password, ...identityToken };
    return identityToken.identityToken === undefined ? undefined : { username: "", password: "", ...identityToken };
  }
  const text = Buffer.from(entry.auth, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0) throw new CalaError("file-damaged", `the login for "${key}" in "${file}" is damaged`, { hint: `cala login ${key}` });
  return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, ""), ...identityToken };
}

/** The helper that a file names for a registry, and the name by which the helper knows it. */
function helperFor(document: AuthDocument, target: string): { readonly helper: string; readonly server: string } | undefined {
  const own = document.credHelpers?.[target];
  if (own !== undefined && own !== "") return { helper: own, server: target };
  const { credsStore } = document;
  return credsStore === undefined || credsStore === "" ? undefined : { helper: credsStore, server: serverOf(target) };
}

/**
 * Keeps a login in a file that only this user can read, or in the helper that the file names.
 * @param options `forDocker`: the file is docker's, which calls Docker Hub by an address; `helpers`: those of registries.conf, the first of
 * which gets the login unless it stands for the files
 */
export async function storeCredentials(target: string, credentials: Credentials, file: string, options: { readonly forDocker?: boolean; readonly helpers?: readonly string[] } = {}): Promise<void> {
  const { forDocker = false, helpers: [first = filesHelper] = [] } = options;
  if (first !== filesHelper) return await helperStore(first, serverOf(target), credentials);
  const document = readJsonIfThere<AuthDocument>(file) ?? {};
  const helped = helperFor(document, target);
  if (helped !== undefined) return await helperStore(helped.helper, helped.server, credentials);
  const auth = Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64");
  document.auths = { ...document.auths, [forDocker ? serverOf(target) : target]: { auth } };
  writeDocument(file, document);
}

/** Forgets a login, in the helpers of registries.conf (`helpers`) too. @returns whether there was one. */
export async function removeCredentials(target: string, file: string, helpers: readonly string[] = []): Promise<boolean> {
  let erased = false;
  for (const helper of helpers.filter((name) => name !== filesHelper)) erased = (await helperErase(helper, serverOf(target))) || erased;
  const document = readJsonIfThere<AuthDocument>(file);
  if (document === undefined) return erased;
  const helped = helperFor(document, target);
  if (helped !== undefined) erased = (await helperErase(helped.helper, helped.server)) || erased;
  const keys = Object.keys(document.auths ?? {}).filter((key) => normalKey(key) === target || (target === "docker.io" && normalKey(key) === "index.docker.io"));
  if (keys.length === 0) return erased;
  document.auths = Object.fromEntries(Object.entries(document.auths ?? {}).filter(([key]) => !keys.includes(key)));
  writeDocument(file, document);
  return true;
}

/** Forgets every login in a file, and in the helpers that it names. */
export async function removeAllCredentials(file: string): Promise<void> {
  const document = readJsonIfThere<AuthDocument>(file);
  if (document === undefined) return;
  for (const [server, helper] of Object.entries(document.credHelpers ?? {})) await helperErase(helper, server);
  const { credsStore } = document;
  if (credsStore !== undefined && credsStore !== "") for (const server of await helperList(credsStore)) await helperErase(credsStore, server);
  writeDocument(file, { ...document, auths: {} });
}

function writeDocument(file: string, document: AuthDocument): void {
  writeAtomic(file, `${JSON.stringify(document, null, "\t")}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
}
