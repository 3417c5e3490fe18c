/** `main.ts [--rounds N] [MEASUREMENT | GROUP]…`: measures, prints the table and writes RESULTS.md or RESULTS-GROUP.md after a whole run. */
import { writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sourceDir } from "../e2e/harness/places.ts";
import { startRegistry } from "../e2e/harness/registry.ts";
import { calaEngine, podmanEngine, skopeoEngine, type Engine, type Skopeo } from "./engine.ts";
import type { Measurement } from "./measurement.ts";
import { measurements } from "./measurements/index.ts";
import { isKept, median, medianRatio, tableText, type Result } from "./table.ts";

/** Runs the rounds, the order of the engines changing with each; the first round warms up and does not count. */
function measure(measurement: Measurement, { cala, podman, skopeo }: Peers, rounds: number): Result {
  const numbers: Record<string, number[]> = { cala: [], podman: [] };
  const beside: number[] = [];
  const engines = measurement.isAlone === true ? [cala] : [cala, podman];
  for (const engine of engines) measurement.prepare?.(engine);
  for (let round = measurement.isCold === true ? 1 : 0; round <= rounds; round += 1) {
    for (const engine of round % 2 === 0 ? engines : [...engines].reverse()) {
      const value = measurement.measure(engine, round);
      if (round > 0) numbers[engine.name]?.push(value);
    }
    if (round > 0 && measurement.skopeo !== undefined) beside.push(measurement.skopeo(skopeo));
  }
  for (const engine of engines) measurement.finish?.(engine);
  return { measurement, cala: numbers["cala"] ?? [], podman: numbers["podman"] ?? [], ...(beside.length === 0 ? {} : { skopeo: beside }) };
}

/** Who is measured. */
interface Peers {
  readonly cala: Engine;
  readonly podman: Engine;
  readonly skopeo: Skopeo;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { rounds: { type: "string" } } });
  const chosen = measurements.filter((measurement) => positionals.length === 0 ? measurement.group === undefined : positionals.some((word) => word === measurement.name || word === measurement.group));
  const registry = await startRegistry([...new Set(chosen.flatMap((measurement) => measurement.images))]);
  const cala = calaEngine(registry.address);
  const podman = podmanEngine(registry.address);
  const skopeo = skopeoEngine(registry.address);
  const results: Result[] = [];
  try {
    for (const measurement of chosen) {
      const result = measure(measurement, { cala, podman, skopeo }, measurement.rounds === 1 ? 1 : Number(values.rounds ?? measurement.rounds));
      results.push(result);
      const figure = measurement.isAlone === true ? `${median(result.cala).toFixed(0)} ${measurement.unit}` : `${medianRatio(result).toFixed(2)} ×`;
      console.log(`${measurement.name}: ${figure}${isKept(result) ? "" : " (missed)"}`);
    }
  } finally {
    cala.close();
    podman.close();
    skopeo.close();
    await registry.stop();
  }
  const conditions = `Medians of one run, both engines in turn as the same ordinary user: ${cala.version}, ${podman.version} with crun, Node ${process.version}, Linux ${release()}, ${cpus().length} × ${cpus()[0]?.model ?? "?"}.`;
  const text = tableText(results, conditions);
  console.log(`\n${text}`);
  const file = resultsFile(positionals);
  if (file !== undefined) writeFileSync(join(process.env["CALA_BENCH_RESULTS"] ?? join(sourceDir, "test/bench"), file), text);
}

/** A whole run has a file of results: all rows without a group, or all of one group. */
function resultsFile(words: readonly string[]): string | undefined {
  const [only] = words;
  if (only === undefined) return "RESULTS.md";
  return words.length === 1 && measurements.some(({ group }) => group === only) ? `RESULTS-${only}.md` : undefined;
}

await main();
