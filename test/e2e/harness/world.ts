/** A world of its own for a test: hosts, cables and containers in namespaces, of which nothing is left. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "../../../core/host/find-program.ts";
import { asNamespaceRoot } from "./debian.ts";
import type { Cala } from "./cala.ts";
import { run } from "./spawn.ts";

/** Whether this host has what a world is made with. */
export const haveWorld = ["pasta", "slirp4netns", "ip", "nsenter"].every((name) => findProgram(name) !== undefined);
/** What that is, in words. */
export const worldTools = "pasta, slirp4netns, iproute2 and nsenter";

/** A client for TCP and UDP, both families: prints what the server says, or why not; asks again until it is answered. */
const client = `
const [kind, host, port, tries] = process.argv.slice(2);
// Who asks but once waits for the answer itself; who asks again and again gives up before the kernel does so for him: Debian 12's pasta hangs
// for good when it reads a SYN and the same once more, a second later, at one time.
const connectMs = tries === "1" ? 60000 : 900, answerMs = tries === "1" ? 60000 : 5000;
const net = require("node:net"), dgram = require("node:dgram");
let left = Number(tries ?? 120);
const done = (text) => { console.log(text.trim()); process.exit(0); };
const again = (why) => { left -= 1; if (left <= 0) { console.log("no answer: " + why); process.exit(0); } setTimeout(ask, 250); };
function ask() {
  if (kind === "tcp") {
    const socket = net.connect(Number(port), host);
    const giveUp = () => socket.destroy(new Error("silence"));
    let patience = setTimeout(giveUp, connectMs);
    socket.once("connect", () => { clearTimeout(patience); patience = setTimeout(giveUp, answerMs); });
    socket.once("data", (data) => { clearTimeout(patience); done(String(data)); });
    let failed = false;
    socket.on("error", (error) => { clearTimeout(patience); if (!failed) again(error.message); failed = true; });
    return;
  }
  const socket = dgram.createSocket(kind);
  const patience = setTimeout(() => { socket.close(); again("silence"); }, 1000);
  socket.once("message", (data) => { clearTimeout(patience); done(String(data)); });
  socket.once("error", () => undefined);
  socket.send("x", Number(port), host);
}
ask();
`;
/** Answers each connection with one word. */
const server = `require("node:net").createServer((socket) => { socket.on("error", () => undefined); socket.end(process.argv[2] + "\\n"); }).listen(Number(process.argv[3]), process.argv[4]);`;

/** A name server at 198.51.100.9: names with "good" are 192.0.2.1 and 2001:db8:7::1, others end with 2; each answer is good for a second; names with "slow" are never answered. */
const nameServer = `
const socket = require("node:dgram").createSocket("udp4");
socket.on("message", (query, from) => {
  const end = query.indexOf(0, 12) + 5, name = query.toString("latin1", 12, end - 5), last = name.includes("good") ? 1 : 2;
  if (name.includes("slow")) return;
  const data = { 1: [192, 0, 2, last], 28: [0x20, 1, 0xd, 0xb8, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, last] }[query[end - 3]] ?? [];
  const reply = Buffer.concat([query.subarray(0, end), data.length > 0 ? Buffer.from([0xc0, 12, 0, query[end - 3], 0, 1, 0, 0, 0, 1, 0, data.length, ...data]) : Buffer.alloc(0)]);
  reply[2] = 0x81; reply[3] = 0x80; reply.fill(0, 6, 12); reply[7] = data.length > 0 ? 1 : 0;
  socket.send(reply, from.port, from.address);
}).bind(53, "198.51.100.9");`;

/** Writes the programs of a world's hosts into a folder, where an archive of the image, busybox.tar, has to be, too. */
export function writeWorld(root: string): void {
  writeFileSync(join(root, "client.cjs"), client);
  writeFileSync(join(root, "server.cjs"), server);
  writeFileSync(join(root, "names.cjs"), nameServer);
}

/** The command that runs a script as root of a world of its own; `programs` is the folder with cala. */
export function worldCommand(root: string, programs: string, script: string): { readonly program: string; readonly words: readonly string[]; readonly env: NodeJS.ProcessEnv } {
  const prologue = `
set -u
mount -t tmpfs none /run; mkdir -p /run/user /run/etc; export XDG_RUNTIME_DIR=/run/user HOME=/run/user CALA_ROOT=/run/world
cp /etc/passwd /etc/group /etc/nsswitch.conf /etc/hosts /run/etc/ 2>/dev/null; echo 'nameserver 198.51.100.9' > /run/etc/resolv.conf
mount --bind /run/etc /etc
ip link set lo up
host() { unshare -n sleep 600 & eval "$1=$!"; until case "$(readlink /proc/$!/ns/net)" in "" | "$(readlink /proc/self/ns/net)") false;; esac; do sleep 0.05; done; nsenter -t $! -n ip link set lo up; }
cable() { ip link add "$1" type veth peer name far; ip addr add "$3/24" dev "$1"; ip link set "$1" up; ip link set far netns "$2"; nsenter -t "$2" -n sh -c "ip link set far name up0; ip addr add $4/24 dev up0; ip link set up0 up"; }
on() { pid=$1; shift; nsenter -t "$pid" -n "$@"; }
client() { pid=$1; shift; on "$pid" "$NODE" ${JSON.stringify(join(root, "client.cjs"))} "$@"; }
server() { pid=$1; shift; on "$pid" "$NODE" ${JSON.stringify(join(root, "server.cjs"))} "$@" & }
names() { on "$1" "$NODE" ${JSON.stringify(join(root, "names.cjs"))} & }
result() { echo "= $*"; }
cala load -q -i ${JSON.stringify(join(root, "busybox.tar"))} > /dev/null; IMAGE=$(cala images -q | head -1)
`;
  const epilogue = "\ncala rm -f -t 0 --all > /dev/null\n";
  return {
    program: "unshare", words: [...asNamespaceRoot(), "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", prologue + script + epilogue],
    env: { PATH: `${programs}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`, NODE: process.execPath, CALA_NODE: process.execPath, LANG: "C.UTF-8" },
  };
}

const prepared = new Map<string, Promise<void>>();

/** Once for a file of tests, for there may be several worlds at a time. */
async function prepare(cala: Cala): Promise<void> {
  await cala.ok(["pull", "-q", "busybox"]);
  await cala.ok(["save", "-q", "-o", join(cala.root, "busybox.tar"), "busybox"]);
  writeWorld(cala.root);
}

/**
 * Runs a script as root of a world of its own: it can make hosts (network namespaces), cables (veth) and cala's containers, and nothing
 * of it is left when it ends. Lines that begin with "= " are its results.
 */
export async function world(cala: Cala, script: string): Promise<string[]> {
  const preparing = prepared.get(cala.root) ?? prepare(cala);
  prepared.set(cala.root, preparing);
  await preparing;
  const { program, words, env } = worldCommand(cala.root, join(cala.root, "bin"), script);
  const finished = await run(program, [...words], { timeoutMs: 240_000, env });
  const lines = finished.stdout.split("\n").filter((line) => line.startsWith("= ")).map((line) => line.slice(2));
  if (lines.length === 0) throw new Error(`the world said nothing: ${finished.stdout}${finished.stderr}`);
  return lines.concat(lines.some((line) => line.includes("no answer")) ? [finished.stderr.slice(-2000)] : []);
}

