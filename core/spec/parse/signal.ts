/** Signal names and numbers, the same on x86_64 and arm64 (signal(7)). */
import { CalaError } from "../../base/error.ts";

const names: readonly string[] = [
  "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT",
  "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];
const aliases: Readonly<Record<string, string>> = { IOT: "ABRT", CLD: "CHLD", POLL: "IO", UNUSED: "SYS" };
/** The C library keeps 32 and 33 for itself, so SIGRTMIN is 34 for programs. */
const realtimeMin = 34;
const realtimeMax = 64;

/** The number of `TERM`, `SIGTERM`, `sigterm`, `15`, `RTMIN+3` or `SIGRTMAX-1`. @throws CalaError `signal-invalid` */
export function parseSignal(text: string): number {
  const word = text.trim().toUpperCase().replace(/^SIG/, "");
  const number = /^\d+$/.test(word) ? Number(word) : signalByName(word);
  if (number === undefined || number < 1 || number > realtimeMax) {
    throw new CalaError("signal-invalid", `invalid signal: "${text}"`, { hint: "use a name such as SIGTERM or a number from 1 to 64" });
  }
  return number;
}

/** `SIGTERM` for 15. */
export function signalName(number: number): string {
  const name = names[number - 1];
  if (name !== undefined) return `SIG${name}`;
  return number === realtimeMin ? "SIGRTMIN" : `SIGRTMIN+${number - realtimeMin}`;
}

function signalByName(word: string): number | undefined {
  const realtime = /^RT(MIN|MAX)(?:([+-])(\d+))?$/.exec(word);
  if (realtime !== null) return realtimeSignal(realtime[1] === "MIN", realtime[2], Number(realtime[3] ?? 0));
  const index = names.indexOf(aliases[word] ?? word);
  return index < 0 ? undefined : index + 1;
}

function realtimeSignal(fromMin: boolean, sign: string | undefined, distance: number): number | undefined {
  if (sign !== undefined && (sign === "+") !== fromMin) return undefined;
  const number = fromMin ? realtimeMin + distance : realtimeMax - distance;
  return number < realtimeMin || number > realtimeMax ? undefined : number;
}
