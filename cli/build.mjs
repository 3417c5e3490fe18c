// npm run build: everything in dist/, and the generated man/ and completions/. `--skip-native` leaves the C program alone,
// `--skip-docs` the generated pages, `--force` builds even what has not changed, `--readable` keeps the names of functions in stack traces.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { cacheFiles, keepCode, removeCaches } from "./build-cache.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
const stampFile = join(dist, ".build.json");
const flags = new Set(process.argv.slice(2));

/** Every file below a directory, relative to the project. */
function filesBelow(dir) {
  return readdirSync(join(root, dir), { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(`${dir}/${entry.name}`) : [`${dir}/${entry.name}`]))
    .sort();
}

/** What a step depends on, as one hash of names, sizes and times; hashing the contents would take longer than building. */
function fingerprint(paths) {
  const hash = createHash("sha256").update(process.version);
  for (const path of paths) {
    const { size, mtimeMs } = statSync(join(root, path));
    hash.update(`${path}\0${size}\0${mtimeMs}\0`);
  }
  return hash.digest("hex");
}

function readStamps() {
  try {
    return JSON.parse(readFileSync(stampFile, "utf8"));
  } catch {
    return {};
  }
}

const stamps = flags.has("--force") ? {} : readStamps();

/** Runs a step whose inputs changed or whose outputs are missing. */
async function step(name, inputs, outputs, action) {
  if (stamps[name] === fingerprint(inputs()) && outputs.every((path) => existsSync(join(dist, path)))) return;
  const started = performance.now();
  await action();
  stamps[name] = fingerprint(inputs());
  writeFileSync(stampFile, JSON.stringify(stamps));
  console.log(`${name.padEnd(12)} ${Math.round(performance.now() - started)} ms`);
}

/** Replaces a file as a whole: a running cala must never read half of it. */
function replaceFile(path, content) {
  if (existsSync(path) && readFileSync(path).equals(Buffer.from(content))) return;
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, content);
  renameSync(temporary, path);
}

/**
 * clipanion opens all three standard streams when it is loaded; that costs 5 ms, and makes a pipe on stdin non-blocking
 * for whoever shares it. Its ES modules and its platform file for browsers need neither streams nor tty.
 */
const quietClipanion = {
  name: "quiet-clipanion",
  setup(build) {
    const lib = join(root, "node_modules/clipanion/lib");
    build.onResolve({ filter: /^clipanion$/ }, () => ({ path: join(lib, "advanced/index.mjs"), sideEffects: false }));
    build.onResolve({ filter: /\/platform$/ }, ({ importer }) => (importer.startsWith(lib) ? { path: join(lib, "platform/browser.mjs") } : undefined));
  },
};

/** A file's text; clipanion's default context would touch the standard streams. */
function patched(file, source) {
  if (!file.endsWith("clipanion/lib/advanced/Cli.mjs")) return source;
  const found = /Cli\.defaultContext = \{[^}]*\};/;
  if (!found.test(source)) throw new Error("clipanion has changed: Cli.defaultContext is not where it was");
  return source.replace(found, "Cli.defaultContext = { env: process.env };");
}

/** The bundle is CommonJS and has a require of its own; loading node:module for another one costs 1 ms. */
const ownRequire = {
  name: "own-require",
  setup(build) {
    build.onResolve({ filter: /^node:module$/ }, () => ({ path: "node:module", namespace: "own-require" }));
    build.onLoad({ filter: /.*/, namespace: "own-require" }, () => ({ contents: "export const createRequire = () => require;", loader: "js" }));
  },
};

/** Node's modules that cost a start 1 to 5 ms each, and the functions of them that we import: fetched at the first call. */
const lazyModules = {
  "node:child_process": ["execFile", "spawn", "spawnSync"],
  "node:crypto": ["createHash", "createPrivateKey", "createPublicKey", "scryptSync", "sign", "timingSafeEqual", "verify"],
  "node:http": ["createServer", "request"],
  "node:readline": ["createInterface"],
  "node:stream/promises": ["pipeline"],
};

const lazyFunctions = {
  name: "lazy-functions",
  setup(build) {
    const filter = new RegExp(`^(${Object.keys(lazyModules).join("|")})$`);
    build.onResolve({ filter }, ({ path, kind }) => (kind === "import-statement" ? { path, namespace: "lazy-functions" } : undefined));
    build.onLoad({ filter: /.*/, namespace: "lazy-functions" }, ({ path }) => ({
      contents: lazyModules[path].map((name) => `export function ${name}(...values) { return require("${path}").${name}(...values); }`).join("\n"),
      loader: "js",
    }));
  },
};

/**
 * Every module stays a function of its own, as CommonJS. Joined to one scope, V8 would have to know all functions of all modules before the
 * first one runs: 300 kB more of compiled code to read at each start. The files get a name space of their own, for by their extension and
 * package esbuild would take them for ES modules again.
 */
const moduleFunctions = (esbuild) => ({
  name: "module-functions",
  setup(build) {
    build.onResolve({ filter: /.*/ }, async ({ path, kind, importer, namespace, resolveDir, pluginData }) => {
      if (pluginData === "again" || (namespace !== "module" && kind !== "entry-point")) return undefined;
      const wasImport = kind === "require-call" ? { kind: "import-statement" } : { kind };
      const found = await build.resolve(path, { ...wasImport, importer: importer === "" ? "" : fileOf(importer), namespace: "file", resolveDir, pluginData: "again" });
      const isModule = found.namespace === "file" && !found.external && /\.(ts|mjs)$/.test(found.path);
      return isModule ? { path: `${relative(root, found.path)}.cjs`, namespace: "module" } : found;
    });
    build.onLoad({ filter: /.*/, namespace: "module" }, async ({ path }) => {
      const file = fileOf(path);
      const { code } = await esbuild.transform(patched(file, readFileSync(file, "utf8")), { ...moduleOptions, loader: file.endsWith(".ts") ? "ts" : "js" });
      return { contents: plainExports(code, path), loader: "js", resolveDir: dirname(file) };
    });
  },
});

const fileOf = (modulePath) => join(root, modulePath.slice(0, -".cjs".length));
const moduleOptions = { format: "cjs", target: "node20", platform: "node", charset: "ascii", define: { "import.meta.url": "calaModule.url" }, tsconfigRaw: "{}" };

/**
 * esbuild's CommonJS gives every export two getters, one behind the other, and every import() an object with a third: some thousand property
 * definitions at each start. Here they are plain properties, functions before anything else runs, everything else at the end;
 * import() is require, except for Node's modules, whose plain imports are lazy functions.
 */
function plainExports(code, path) {
  const body = code.replace(/\n\/\/ Annotate the CommonJS export names[^]*$/, "\n").replace(/\bimport\(("(?!node:)[^"]+")\)/g, "__toESM(require($1))");
  const exported = /^var stdin_exports = \{\};\n__export\(stdin_exports, \{\n([^}]*)\n\}\);\n/m.exec(body);
  const [, helpers = "", rest = ""] = /^([^]*?)module\.exports = __toCommonJS\(stdin_exports\);\n([^]*)$/.exec(body) ?? [];
  if (helpers === "") throw new Error(`esbuild has changed: no exports where they were in ${path}`);
  const pairs = (exported?.[1] ?? "").split("\n").filter(Boolean).map((line) => /^ *([\w$]+): \(\) => ([\w$.]+),?$/.exec(line).slice(1));
  const isHoisted = ([, value]) => new RegExp(`^(async )?function\\*? ${value.replaceAll("$", "\\$")}\\(`, "m").test(rest);
  const early = pairs.filter(isHoisted).map(([name, value]) => (name === value ? name : `${name}: ${value}`));
  const late = pairs.filter((pair) => !isHoisted(pair)).map(([name, value]) => `stdin_exports.${name} = ${value};\n`);
  const all = [...rest.matchAll(/^__reExport\(stdin_exports, (require\("[^"]+"\)), module\.exports\);\n/gm)].map(([, required]) => `__reExport(stdin_exports, ${required});\n`);
  const ordinary = rest.replace(/^__reExport\(.*\n/gm, "");
  return `var stdin_exports = module.exports = {${["__esModule: true", ...early].join(", ")}};\n${ordinary}${all.join("")}${late.join("")}`;
}

/** What the modules of both kinds ask for; the bundle has them once. */
const interop = `
  var __toESM = (module) => (module && module.__esModule ? module : Object.create(module, { default: { value: module } }));
  var __reExport = (exports, module) => { for (const name of Object.keys(module)) if (name !== "default" && !(name in exports)) exports[name] = module[name]; };`;

const common = { absWorkingDir: root, bundle: true, platform: "node", target: "node20", logLevel: "warning", charset: "ascii", legalComments: "none" };
// Short names are a tenth less of code cache to read.
const compact = { minifyWhitespace: true, minifySyntax: true, minifyIdentifiers: !flags.has("--readable") };

async function bundleProgram(esbuild) {
  await esbuild.build({
    ...common, ...compact, entryPoints: ["cli/main.ts"], outfile: "dist/cala-main.js.new", format: "cjs", plugins: [moduleFunctions(esbuild), quietClipanion, ownRequire, lazyFunctions],
    // A script run through node:vm has no import(); Node's own modules come by require too.
    supported: { "dynamic-import": false },
    banner: { js: '(function(exports,require,module,__filename,__dirname){"use strict";var calaModule={url:"file://"+encodeURI(__filename).replace(/[?#]/g,encodeURIComponent)};' + interop },
    footer: { js: "})" },
  });
  removeCaches(dist);
  renameSync(join(dist, "cala-main.js.new"), join(dist, "cala-main.js"));
  replaceFile(join(dist, "cala.cjs"), readFileSync(join(root, "cli/start.cjs")));
}

async function bundleLibrary(esbuild) {
  await esbuild.build({ ...common, entryPoints: ["core/index.ts"], outfile: "dist/index.js", format: "esm", packages: "external" });
}

/** Declarations of the library; a type error anywhere else does not stop the build, `npm run check` reports it. */
function emitTypes() {
  rmSync(join(dist, "types"), { recursive: true, force: true });
  const project = {
    extends: "../tsconfig.json",
    compilerOptions: { noEmit: false, declaration: true, emitDeclarationOnly: true, rewriteRelativeImportExtensions: true, noCheck: true, rootDir: "..", outDir: "types", resolveJsonModule: true, types: ["node"], typeRoots: ["../node_modules/@types"] },
    include: [], files: ["../core/index.ts"],
  };
  writeFileSync(join(dist, "tsconfig.types.json"), JSON.stringify(project));
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", join(dist, "tsconfig.types.json")], { stdio: "inherit" });
}

/** The prebuilt koffi for the running Node: glibc or musl, by what Node itself reports. */
function copyKoffi() {
  const glibc = process.report.getReport().header.glibcVersionRuntime !== undefined;
  const platform = `${glibc ? "linux" : "musl"}_${process.arch}`;
  const source = join(root, "node_modules/@koromix", `koffi-linux-${process.arch}`, platform, "koffi.node");
  const target = join(dist, "koffi.node");
  cpSync(source, `${target}.new`);
  renameSync(`${target}.new`, target);
}

async function generateDocs(esbuild) {
  const outfile = join(dist, ".generate.mjs");
  await esbuild.build({ ...common, entryPoints: ["cli/docs/generate.ts"], outfile, format: "esm", packages: "external" });
  const { generatedFiles } = await import(pathToFileURL(outfile).href);
  const wanted = await generatedFiles();
  for (const dir of ["man", "completions"]) {
    mkdirSync(join(root, dir), { recursive: true });
    for (const name of filesBelow(dir)) if (!wanted.has(name)) rmSync(join(root, name));
  }
  for (const [name, content] of wanted) replaceFile(join(root, name), content);
  rmSync(outfile);
}

/** native/plan-ops.h, which C shares with the table of ops. */
async function generatePlanHeader(esbuild) {
  const outfile = join(dist, ".plan-header.mjs");
  await esbuild.build({ ...common, entryPoints: ["core/plan/generate-header.ts"], outfile, format: "esm", packages: "external" });
  const { planOpsHeader } = await import(pathToFileURL(outfile).href);
  replaceFile(join(root, "native/plan-ops.h"), planOpsHeader());
  rmSync(outfile);
}

function makeNative() {
  execFileSync("make", ["-C", join(root, "native"), "--no-print-directory"], { stdio: "inherit" });
}

async function build() {
  mkdirSync(dist, { recursive: true });
  const esbuild = { build: async (options) => (await import("esbuild")).build(options), transform: async (text, options) => (await import("esbuild")).transform(text, options) };
  const config = ["package.json", "package-lock.json", "tsconfig.json", "cli/build.mjs"];
  const core = [...config, ...filesBelow("core")];
  const all = [...core, ...filesBelow("cli")];
  const pages = () => ["man", "completions"].filter((dir) => existsSync(join(root, dir))).flatMap(filesBelow);
  await step("koffi", () => config, ["koffi.node"], copyKoffi);
  await step("plan header", () => ["core/plan/ops.ts", "core/plan/generate-header.ts", "native/plan-ops.h"], [], () => generatePlanHeader(esbuild));
  if (!flags.has("--skip-native") && existsSync(join(root, "native/Makefile"))) makeNative();
  await step("program", () => all, ["cala.cjs", "cala-main.js"], () => bundleProgram(esbuild));
  await step("library", () => core, ["index.js"], () => bundleLibrary(esbuild));
  await step("types", () => core, ["types/core/index.d.ts"], emitTypes);
  if (!flags.has("--skip-docs")) await step("docs", () => [...all, ...pages()], [], () => generateDocs(esbuild));
  replaceFile(join(dist, "node-path"), `${process.execPath}\n`);
  await step("code cache", () => ["dist/cala-main.js", "cli/start.cjs"], cacheFiles, () => keepCode(dist));
}

try {
  await build();
} catch (error) {
  // esbuild, tsc and make have already said where.
  console.error(`build failed: ${String(error.message).split("\n")[0]}`);
  process.exitCode = 1;
}
