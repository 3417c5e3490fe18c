import { test } from "uvu";
import * as assert from "uvu/assert";
import { coversOfProc } from "../../../core/host/covered-proc.ts";

const line = (point: string): string => `141 140 0:21 / ${point} rw,relatime - proc proc rw`;

test("what lies over parts of /proc is told once; mounts on directories that the kernel keeps empty for them cover nothing", () => {
  const points = ["/", "/proc", "/process/sys", "/proc/sys", "/proc/sys/fs/binfmt_misc", "/proc/sys/fs/binfmt_misc", "/proc/fs/nfsd", "/proc/keys", "/proc/sys"];
  assert.equal(coversOfProc(`${points.map(line).join("\n")}\n`), ["/proc/sys", "/proc/keys"]);
  assert.equal(coversOfProc(`${["/", "/proc", "/proc/sys/fs/binfmt_misc"].map(line).join("\n")}\n`), []);
});

test.run();
