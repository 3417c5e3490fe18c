import { test } from "uvu";
import { complain, filesBelow, importsOf, readText } from "./sources.ts";

/** Packages that only some files import: clean edges to code that is not ours. */
const importers: Readonly<Record<string, RegExp>> = {
  koffi: /^core\/sys\//,
  clipanion: /^cli\/(option|main)\.ts$/,
  "env-paths": /^core\/dirs\//,
  "proper-lockfile": /^core\/(lock|registry|image)\/[a-z-]+\.ts$/,
  tar: /^core\/(layer|image)\//,
};

const imports = importsOf(filesBelow(["core", "cli"], ".ts"));

for (const [name, allowed] of Object.entries(importers)) {
  test(`${name} is imported where it belongs only`, () => {
    complain(`wrong importers of ${name}`, imports.filter((edge) => edge.to === name && !edge.typesOnly && !allowed.test(edge.from)).map((edge) => edge.from));
  });
}

for (const name of ["proper-lockfile", "tar", "env-paths"]) {
  test(`${name} has one importer`, () => {
    const found = [...new Set(imports.filter((edge) => edge.to === name && !edge.typesOnly).map((edge) => edge.from))];
    complain(`importers of ${name} beyond the first`, found.slice(1));
  });
}

test("every package that is imported is declared, and none of the tests' packages is used by the program", () => {
  const allowed = new Set(Object.keys((JSON.parse(readText("package.json")) as { dependencies: object }).dependencies));
  complain("packages that package.json does not give to users", imports.filter((edge) => !edge.to.endsWith(".ts") && !edge.to.endsWith(".json") && !edge.to.startsWith("node:") && !allowed.has(edge.to)).map((edge) => `${edge.from} → ${edge.to}`));
});

test.run();
