import { CalaError } from "../core/base/error.ts";
import type { Context } from "./context.ts";
import { eachDocument } from "./each-document.ts";

/** The options of `inspect`, as its several commands share them. */
export interface InspectChoice {
  readonly format: string | undefined;
  readonly latest: boolean;
  readonly size: boolean;
  /** `all`, `container`, `image`, `volume` or `network`. */
  readonly type: string;
}

/** Prints the documents of everything named; what is missing is reported on standard error after them. @returns the exit code */
export async function inspectNamed(context: Context, names: readonly string[], choice: InspectChoice): Promise<number> {
  if (choice.latest && names.length > 0) throw new CalaError("arguments-conflict", "no names can be given with --latest");
  const wanted = choice.latest ? [(await import("../core/container/list.ts")).latestContainer(context.engine).record.id] : names;
  if (wanted.length === 0) throw new CalaError("container-missing", "you must name at least one object", { hint: `cala ${context.words.join(" ")} --help` });
  return await eachDocument(context, wanted, choice.format, (name) => inspectOne(context, name, choice));
}

async function inspectOne(context: Context, name: string, choice: InspectChoice): Promise<unknown> {
  for (const [kind, look] of kinds) {
    if (choice.type !== "all" && choice.type !== kind) continue;
    const document = await look(context, name, choice);
    if (document !== undefined) return document;
  }
  const kind = choice.type === "all" ? "object" : choice.type;
  throw new CalaError("object-unknown", `no such ${kind}: "${name}"`);
}

const kinds = [["container", container], ["image", image], ["volume", volume], ["network", network]] as const;

async function container(context: Context, name: string, choice: InspectChoice): Promise<unknown> {
  const [{ findContainer }, { viewOf }, { inspectContainer }, { isUnknownContainer }] = await Promise.all([
    import("../core/container/store.ts"), import("../core/container/view.ts"), import("../core/container/inspect.ts"), import("../core/container/errors.ts"),
  ]);
  try {
    const view = viewOf(context.engine.dirs, findContainer(context.engine.dirs, name));
    const size = choice.size ? (await (await import("../core/container/size.ts")).containerSizes(context.engine, [view])).get(view.record.id) : undefined;
    return inspectContainer(context.engine, view, size);
  } catch (error) {
    if (isUnknownContainer(error)) return undefined;
    throw error;
  }
}

async function image(context: Context, name: string): Promise<unknown> {
  const [{ findImage }, { inspectImage }] = await Promise.all([import("../core/image/resolve.ts"), import("../core/image/inspect.ts")]);
  const found = await findImage(context.engine, name).catch((error: unknown) => {
    if (error instanceof CalaError && error.code === "reference-invalid") return undefined;
    throw error;
  });
  return found === undefined ? undefined : await inspectImage(context.engine, found.image);
}

async function volume(context: Context, name: string): Promise<unknown> {
  const [{ inspectVolumeIfThere }, { mountCounts }] = await Promise.all([import("../core/volume/inspect.ts"), import("../core/container/volume-users.ts")]);
  const { dirs } = context.engine;
  return inspectVolumeIfThere(dirs, name, (volumeName) => mountCounts(dirs).get(volumeName) ?? 0);
}

async function network(context: Context, name: string): Promise<unknown> {
  const [{ networkOf }, { networkDocument }, { networkMembers }] = await Promise.all([
    import("../core/network/user/join.ts"), import("../core/network/user/inspect.ts"), import("../core/container/network-users.ts"),
  ]);
  const { dirs } = context.engine;
  const record = await networkOf(dirs, name).catch((error: unknown) => {
    if (error instanceof CalaError && error.code === "network-unknown") return undefined;
    throw error;
  });
  return record === undefined ? undefined : networkDocument(record, networkMembers(dirs, record));
}
