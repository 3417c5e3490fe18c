import { CalaError } from "../core/base/error.ts";
import type { Context } from "./context.ts";

/** The options of `diff`, as its several commands share them. */
export interface DiffChoice {
  readonly format: string | undefined;
  readonly latest: boolean;
  readonly kind: "all" | "container" | "image";
}

/** Prints what differs between a container or image and what it was made from, or between two of them. */
export async function diffNamed(context: Context, name: string | undefined, other: string | undefined, choice: DiffChoice): Promise<void> {
  if (choice.latest && name !== undefined) throw new CalaError("arguments-conflict", "no names can be given with --latest");
  const { engine } = context;
  const first = choice.latest ? (await import("../core/container/list.ts")).latestContainer(engine).record.id : name;
  if (first === undefined) throw new CalaError("container-missing", "you must name a container or an image", { hint: `cala ${context.words.join(" ")} --help` });
  const [{ treesOfNamed, launchPlaces }, { listChanges }] = await Promise.all([import("../core/container/trees.ts"), import("../core/layer/diff.ts")]);
  const { own, image, ids } = await treesOfNamed(engine, first, choice.kind);
  const base = other === undefined ? image : (await treesOfNamed(engine, other, choice.kind)).own;
  const changes = await listChanges(engine, { above: own, ids, base, leave: launchPlaces });
  if (choice.format === undefined) {
    for (const { kind, path } of changes) context.print(`${kind} ${path}`);
    return;
  }
  const paths = (kind: string): string[] => changes.filter((change) => change.kind === kind).map(({ path }) => path);
  const document = { changed: paths("C"), added: paths("A"), deleted: paths("D") };
  context.print(JSON.stringify(Object.fromEntries(Object.entries(document).filter(([, list]) => list.length > 0)), null, 5));
}
