/** Makes fixture images ahead of the tests, whose deadlines do not allow for downloads: `prepare.ts [IMAGE]…`. */
import { fixtureLayout, type FixtureImage } from "./fixture-images.ts";
import { haveRegistry, startRegistry } from "./registry.ts";

const usual: readonly FixtureImage[] = ["busybox", "configured", "debian", "ubuntu", "base-spark-hadoop"];

const asked = process.argv.slice(2) as FixtureImage[];
const ready: FixtureImage[] = [];
for (const name of asked.length > 0 ? asked : usual) {
  const started = Date.now();
  try {
    await fixtureLayout(name);
    ready.push(name);
    if (Date.now() - started > 500) console.log(`image ${name}: ${((Date.now() - started) / 1000).toFixed(1)} s`);
  } catch (error) {
    // The tests that need it will be skipped or fail, each by its own name.
    console.log(`image ${name} cannot be made here: ${error instanceof Error ? error.message.split("\n").slice(-2).join(" ") : String(error)}`);
  }
}
if (await haveRegistry()) await (await startRegistry(ready)).stop();
