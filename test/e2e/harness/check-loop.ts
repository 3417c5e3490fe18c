/**
 * Runs `system check` once for each line on standard input, all in this one process, and answers each with a line: `sound`, or what was
 * said. The same code as the command's, without a Node to start each time.
 */
import { createInterface } from "node:readline";
import { main } from "../../../cli/main.ts";
import { memorySink } from "../../../cli/output/sink.ts";

for await (const _ of createInterface({ input: process.stdin })) {
  const [out, err] = [memorySink(), memorySink()];
  const code = await main(["system", "check"], { out, err, env: process.env });
  process.stdout.write(`${code === 0 ? "sound" : JSON.stringify(`${code}: ${out.text()}${err.text()}`)}\n`);
}
