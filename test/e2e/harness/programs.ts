/** Programs written in C for the tests, compiled once per content and kept in the cache. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, fixtureFile } from "./places.ts";
import { run } from "./spawn.ts";

/** Path of the static program made from `test/fixtures/NAME.c`. @throws Error when no C compiler makes static programs here */
export async function fixtureProgram(name: string): Promise<string> {
  const source = fixtureFile(`${name}.c`);
  const hash = createHash("sha256").update(readFileSync(source)).digest("hex").slice(0, 16);
  const program = join(cacheFolder("programs"), `${name}-${process.arch}-${hash}`);
  if (existsSync(program)) return program;
  const temporary = `${program}.${process.pid}`;
  const complaints: string[] = [];
  for (const compiler of ["musl-gcc", "gcc", "cc"]) {
    const done = await run(compiler, ["-static", "-O2", "-s", "-o", temporary, source]).catch((error: Error) => ({ code: 1, stderr: error.message }));
    if (done.code === 0) {
      renameSync(temporary, program);
      return program;
    }
    complaints.push(`${compiler}: ${done.stderr.trim()}`);
  }
  throw new Error(`cannot compile ${source}\n${complaints.join("\n")}`);
}
