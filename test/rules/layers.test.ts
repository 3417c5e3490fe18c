import { test } from "uvu";
import { complain, filesBelow, importsOf, type Import } from "./sources.ts";

/** Folders of core by rank; a folder imports its own rank or lower ones. */
const ranks: ReadonlyArray<readonly string[]> = [
  ["base"],
  ["fs", "sys"],
  ["oci", "idmap", "security", "cgroup", "config", "lock", "dirs", "host"],
  ["spec", "plan", "monitor", "network", "storage", "layer", "volume", "registry", "event", "health", "logdriver", "secret"],
  ["container", "image", "build", "info", "doctor", "systemd"],
  ["system"],
];

/** Each with its reason. The list only shrinks. */
const exceptions: Readonly<Record<string, string>> = {
  "core/sys/koffi.ts → core/dirs/program.ts": "koffi's prebuilt file is one of the program's own files, and all paths are in dirs",
  "core/monitor/state.ts → core/container/record.ts": "the type of the file that the monitor writes stands beside the record, as the contract of both",
};

function rankOf(path: string): number {
  if (path.startsWith("cli/")) return ranks.length + 1;
  const folder = /^core\/([^/]+)\//.exec(path)?.[1];
  if (folder === undefined || folder === "library") return ranks.length; // the engine, and what stands on it
  return ranks.findIndex((names) => names.includes(folder));
}

const imports = importsOf(filesBelow(["core", "cli"], ".ts")).filter((edge) => edge.to.endsWith(".ts"));

test("every folder of core has a rank", () => {
  const strangers = filesBelow(["core"], ".ts").filter((file) => rankOf(file.path) < 0).map((file) => file.path);
  complain("folders that the layers do not know", strangers);
});

test("imports go from higher layers to lower ones", () => {
  // A verb gets the engine as an argument: it knows its type, and only the engine knows the verbs' objects.
  const engineType = (edge: Import): boolean => edge.typesOnly && edge.to === "core/engine.ts";
  const upward = imports.filter((edge) => !engineType(edge) && rankOf(edge.from) < rankOf(edge.to)).map((edge) => `${edge.from} → ${edge.to}`);
  complain("imports that go up", upward, exceptions);
});

test("no two folders of one rank import each other", () => {
  const folderOf = (path: string): string => path.split("/").slice(0, 2).join("/");
  const edges = new Set(imports.filter((edge) => !edge.typesOnly && edge.from.startsWith("core/")).map((edge) => `${folderOf(edge.from)} → ${folderOf(edge.to)}`));
  const mutual = [...edges].filter((edge) => {
    const [from = "", to = ""] = edge.split(" → ");
    return from < to && edges.has(`${to} → ${from}`);
  });
  complain("folders that import each other", mutual.filter((edge) => !edge.includes("core/dirs → core/sys")));
});

test("network modes and storage drivers do not import their siblings", () => {
  // What a list imports from its own folder are the siblings; what they share may lie beside them.
  const homes = ["core/network/modes/", "core/storage/drivers/", "core/image/transports/", "core/logdriver/"];
  const listed = new Set(imports.filter((edge) => !edge.typesOnly && /\/(index|list)\.ts$/.test(edge.from) && homes.some((home) => edge.from.startsWith(home) && edge.to.startsWith(home))).map((edge) => edge.to));
  const sibling = imports.filter((edge) => listed.has(edge.from) && listed.has(edge.to));
  complain("siblings that import each other", sibling.map((edge) => `${edge.from} → ${edge.to}`));
});

test.run();
