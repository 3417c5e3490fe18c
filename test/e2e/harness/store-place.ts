/** A store on a file system of its own, in a user namespace, that a script breaks again and again. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Cala } from "./cala.ts";
import { asNamespaceRoot } from "./debian.ts";
import { distDir, sourceDir } from "./places.ts";
import { run } from "./spawn.ts";

/** A command that changes the store. */
export interface StoreOperation {
  readonly name: string;
  /** Shell lines that make the store as it is before. */
  readonly before: string;
  readonly args: string;
  /** What shows afterwards, with nothing broken off, that it can be done again; the command itself unless given. */
  readonly again?: string;
}

/** What the commands work on. */
export interface StoreMaterial {
  /** The name of an image in a registry. */
  readonly image: string;
  /** A tar. */
  readonly tar: string;
  /** A registry that takes everything. */
  readonly target: string;
}

/** Every command that changes images. In the script `$number` counts the tries. */
export function storeOperations({ image, tar, target }: StoreMaterial): readonly StoreOperation[] {
  const pulled = `cala pull -q ${image}`;
  return [
    { name: "pull", before: "true", args: `pull -q ${image}` },
    { name: "load", before: `${pulled} && cala save -q -o $place/image.tar ${image} && cala rmi -f ${image}`, args: "load -q -i $place/image.tar" },
    { name: "import", before: "true", args: `import -q ${tar} localhost/imported` },
    { name: "rmi", before: pulled, args: `rmi -f ${image}`, again: `rmi -f -i ${image}` },
    { name: "image prune", before: `${pulled} && cala import -q ${tar} localhost/imported`, args: "image prune -a -f" },
    { name: "system prune", before: `${pulled} && cala create --name gone --network none ${image}`, args: "system prune -a -f" },
    { name: "push", before: pulled, args: `push -q --tls-verify=false ${image} ${target}/pushed:$number` },
    { name: "commit", before: `${pulled} && cala create --name kept --network none ${image} && cala cp ${tar} kept:/new`, args: "commit -q kept localhost/committed" },
  ];
}

let places = 0;

/**
 * Makes the store as it is before the command, then runs the lines of a shell script that breaks it. The script has: `cala`, `restore` (the
 * store as it was), `sound WORDS` (fails unless the store is), `again` (fails unless the command can be done now), `fail WORDS`.
 * @returns what the script printed @throws Error with its words when it failed
 */
export async function breakStore(cala: Cala, operation: StoreOperation, lines: readonly string[], timeoutMs: number): Promise<string> {
  places += 1;
  const place = join(cala.root, `place-${places}`);
  mkdirSync(place);
  const script = [
    "set -u", `place=${place}; number=0; now=start`, "mount -t tmpfs -o size=400m none $place || exit 2", "export HOME=$place XDG_RUNTIME_DIR=$place CALA_ROOT=$place/root",
    `cala() { ${join(cala.root, "bin/cala")} "$@" 3>&- 4>&-; }`,
    `fail() { echo "${operation.name}, $now: $1"; shift; printf '%s\\n' "$@"; exit 1; }`,
    "mkfifo $place/ask $place/told",
    `CALA_PROGRAM_DIR=${distDir} ${join(sourceDir, "test/runner/run-ts")} test/e2e/harness/check-loop.ts <$place/ask >$place/told 2>$place/checker &`,
    "exec 3>$place/ask 4<$place/told",
    "sound() { echo >&3; read -r found <&4 || fail 'the check broke off' \"$(cat $place/checker)\"; [ \"$found\" = sound ] || fail 'the store is damaged' \"$found\"; }",
    `again() { found=$(cala ${operation.again ?? operation.args} 2>&1) || fail 'it cannot be done again' "$found"; }`,
    `mkdir $CALA_ROOT && { ${operation.before}; } >$place/out 2>&1 || { cat $place/out; exit 4; }`,
    "cp -a $CALA_ROOT $place/template",
    "restore() { rm -rf $CALA_ROOT && cp -a $place/template $CALA_ROOT; }",
    ...lines,
  ].join("\n");
  const finished = await run("unshare", [...asNamespaceRoot(), "--mount", "--propagation", "private", "sh", "-c", script], { env: cala.env, timeoutMs });
  if (finished.code !== 0) throw new Error(`${operation.name}: the script ended with ${finished.code}\n${finished.stdout}${finished.stderr}`);
  return finished.stdout;
}
