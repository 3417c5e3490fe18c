/** A file of lines for containers to print. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../e2e/harness/places.ts";

const fileBytes = 64 * 2 ** 20;
const line = "a line as programs write them, with a time 2024-01-01T00:00:00Z, a level INFO and a sentence that is not too long\n";

/** Words of `run` for a container that prints a gigabyte, from a file of which the kernel keeps every page, and then does what a shell is told. */
export function gigabyteWords(then = ""): readonly string[] {
  const path = join(cacheFolder("bench"), "lines");
  if (!existsSync(path)) writeFileSync(path, line.repeat(Math.floor(fileBytes / line.length)));
  const times = Array.from({ length: 2 ** 30 / fileBytes }, () => "/lines");
  return ["--network", "none", "-v", `${path}:/lines:ro`, "busybox", ...(then === "" ? ["cat", ...times] : ["sh", "-c", `cat ${times.join(" ")}; ${then}`])];
}
