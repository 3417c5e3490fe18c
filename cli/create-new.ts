import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { CalaError, isErrno, reasonOf } from "../core/base/error.ts";
import type { ContainerImage } from "../core/container/image.ts";
import type { ContainerRecord } from "../core/container/record.ts";
import type { ContainerRequest } from "../core/spec/request.ts";
import type { Context } from "./context.ts";
import type { createOptions } from "./groups/create-options.ts";
import { createRequest } from "./groups/create-request.ts";
import type { OptionValues } from "./option.ts";
import { connectOf } from "./groups/registry-options.ts";

type Values = OptionValues<typeof createOptions>;

/** When a launch is prepared: for a later start, or for one that is about to follow. */
export type LaunchPurpose = "create" | "start";

/** What run and create both do: the image, the container, the file with its id. */
export async function createNew(context: Context, values: Values, words: readonly string[], purpose: (request: ContainerRequest) => LaunchPurpose, change: (request: ContainerRequest) => ContainerRequest = (request) => request): Promise<ContainerRecord> {
  const request = change(createRequest(values, words, context));
  if (values.cidfile === undefined) return await create(context, values, request, purpose(request));
  const file = openCidfile(values.cidfile);
  try {
    const record = await create(context, values, request, purpose(request));
    writeSync(file, record.id);
    return record;
  } catch (error) {
    rmSync(values.cidfile, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

async function create(context: Context, values: Values, request: ContainerRequest, purpose: LaunchPurpose): Promise<ContainerRecord> {
  const { findLocalImage } = await import("../core/container/image.ts");
  const image = await findLocalImage(context.engine, request) ?? await pullWithProgress(context, values, request);
  if (values.replace) await removeOld(context, request.name);
  const { createContainer } = await import("../core/container/create.ts");
  return await createContainer(context.engine, request, image, purpose);
}

async function pullWithProgress(context: Context, values: Values, request: ContainerRequest): Promise<ContainerImage> {
  const [{ imageProgress }, { obtainImage }] = await Promise.all([import("./output/image-progress.ts"), import("../core/container/image.ts")]);
  const { onProgress, close } = imageProgress(context.err, values.quiet);
  try {
    return await obtainImage(context.engine, request, { onProgress, signal: context.signal, connect: connectOf(values) });
  } finally {
    close();
  }
}

async function removeOld(context: Context, name: string | undefined): Promise<void> {
  if (name === undefined) throw new CalaError("options-conflict", "cannot replace a container without --name being set");
  await (await import("../core/container/remove.ts")).removeNamed(context.engine, name);
}

/** Before anything is made: a file that cannot be written must not leave a container behind. */
function openCidfile(path: string): number {
  try {
    return openSync(path, "wx", 0o644);
  } catch (error) {
    if (isErrno(error, "EEXIST")) {
      throw new CalaError("cidfile-exists", `container id file exists. Ensure another container is not using it or delete ${path}`, { hint: `rm ${path}` });
    }
    throw new CalaError("cidfile-unwritable", `cannot write the container id file "${path}": ${reasonOf(error)}`, { cause: error });
  }
}
