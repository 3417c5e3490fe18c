/** Tars made by hand, byte by byte, and the layer applets run on them. As root they run without a namespace. */
import { spawnSync } from "node:child_process";
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { probeIds } from "../../core/idmap/probe.ts";

export interface Entry {
  readonly name: string | Buffer;
  readonly type?: string;
  readonly data?: string | Buffer;
  readonly link?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
  /** The size field's own value, where it shall lie. */
  readonly size?: number;
  readonly pax?: Readonly<Record<string, string | Buffer>>;
}

const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, "0")}\0`;

/** One header block with a right checksum; `patch` spoils it before the checksum is made. */
export function header(entry: Entry, patch?: (block: Buffer) => void): Buffer {
  const block = Buffer.alloc(512);
  const data = Buffer.from(entry.data ?? "");
  Buffer.from(entry.name).copy(block, 0, 0, 100);
  block.write(octal(entry.mode ?? (entry.type === "5" ? 0o755 : 0o644), 8), 100);
  block.write(octal(entry.uid ?? 0, 8), 108);
  block.write(octal(entry.gid ?? 0, 8), 116);
  block.write(octal(entry.size ?? data.length, 12), 124);
  block.write(octal(entry.mtime ?? 1_000_000_000, 12), 136);
  block.write(entry.type ?? "0", 156);
  block.write(entry.link ?? "", 157, 100);
  block.write("ustar\u000000", 257, "latin1");
  block.write(octal(0, 8), 329);
  block.write(octal(0, 8), 337);
  patch?.(block);
  block.fill(" ", 148, 156);
  block.write(`${block.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

export function padded(data: string | Buffer): Buffer {
  const bytes = Buffer.from(data);
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

export function paxRecord(key: string, value: string | Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from("\n")]);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

export function entryBytes(entry: Entry, patch?: (block: Buffer) => void): Buffer {
  const records = Object.entries(entry.pax ?? {}).map(([key, value]) => paxRecord(key, value));
  const pax = records.length === 0 ? [] : [header({ name: "pax", type: "x", data: Buffer.concat(records) }), padded(Buffer.concat(records))];
  return Buffer.concat([...pax, header(entry, patch), padded(entry.data ?? "")]);
}

export const tarEnd = Buffer.alloc(1024);

export function tarOf(...entries: readonly Entry[]): Buffer {
  return Buffer.concat([...entries.map((entry) => entryBytes(entry)), tarEnd]);
}

/** The native program of this build, or another one, as that with the sanitizers. */
export const native = process.env["CALA_TEST_NATIVE"] ?? resolve("dist/cala-native");

const isRoot = process.getuid?.() === 0;

/** Whether owners over the whole id range can be made here. */
export function hasIdRange(): boolean {
  return isRoot || probeIds().uids.length > 1;
}

/** A directory that everything in the namespace may enter; removed with what other ids own in it. */
export function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), "cala-layer-"));
  chmodSync(dir, 0o755);
  return dir;
}

export function removeScratch(dir: string): void {
  applet(dir, ["remove-tree", join(dir, "layer"), join(dir, "run"), join(dir, "tree")]);
  rmSync(dir, { recursive: true, force: true });
}

export interface AppletResult {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs a program (`cala-native` applet unless it begins with a slash) as root of the namespace. */
export function applet(dir: string, argv: readonly string[], options: { readonly input?: Buffer; readonly fd?: number } = {}): AppletResult {
  const command = argv[0]?.startsWith("/") === true ? [...argv] : [native, ...argv];
  const inside = isRoot ? command : [native, ...namespaceArguments(dir), ...command];
  const result = spawnSync(inside[0] ?? "", inside.slice(1), {
    ...(options.input === undefined ? {} : { input: options.input }), maxBuffer: 2 ** 30,
    stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe", ...(options.fd === undefined ? [] : [options.fd])],
  });
  return { status: result.status, stdout: result.stdout, stderr: result.stderr.toString("utf8") };
}

function namespaceArguments(dir: string): string[] {
  const run = join(dir, "run");
  mkdirSync(run, { recursive: true });
  const { uids, gids } = probeIds();
  const lines = (map: typeof uids): string => map.map(({ inside, outside, count }) => `${inside} ${outside} ${count}`).join(";");
  return ["userns-exec", run, "--uid-map", lines(uids), "--gid-map", lines(gids), "--"];
}

/** Unpacks a tar into `layer/` of a scratch directory. */
export function unpack(dir: string, tar: Buffer, options: readonly string[] = []): AppletResult {
  applet(dir, ["remove-tree", join(dir, "layer")]);
  mkdirSync(join(dir, "layer", "diff"), { recursive: true });
  const split = openSync(join(dir, "layer", "split"), "w");
  try {
    return applet(dir, ["layer-apply", join(dir, "layer", "diff"), "3", ...options, ...(hasIdRange() ? [] : ["--single-id"])], { input: tar, fd: split });
  } finally {
    closeSync(split);
  }
}

/** The code of the JSON line that a refusal prints. */
export function refusal(result: AppletResult): string {
  try {
    return (JSON.parse(result.stderr.trim()) as { code: string }).code;
  } catch {
    return `not a report: ${result.stderr}`;
  }
}

export function diff(dir: string, name: string): string {
  return join(dir, "layer", "diff", name);
}

export function readDiff(dir: string, name: string): string {
  return readFileSync(diff(dir, name), "utf8");
}
