import type { Engine } from "../engine.ts";
import type { ContainerRequest, LimitsRequest } from "../spec/request.ts";
import { createContainer } from "./create.ts";
import { obtainImage, findLocalImage } from "./image.ts";
import type { ContainerRecord } from "./record.ts";

/** What the copy has otherwise than the original. */
export interface CloneRequest {
  /** The original's with `-clone` behind it unless given. */
  readonly name?: string;
  readonly image?: string;
  readonly limits: LimitsRequest;
}

/** Makes a new container as another one was asked for: the same options, none of its files. @throws CalaError `name-in-use`, `image-unknown`, … */
export async function cloneContainer(engine: Engine, record: ContainerRecord, clone: CloneRequest): Promise<ContainerRecord> {
  const { rootfs, ...others } = record.request;
  const request: ContainerRequest = {
    ...others, ...(rootfs === undefined || clone.image !== undefined ? {} : { rootfs }), pull: "missing", name: clone.name ?? `${record.name}-clone`, image: clone.image ?? record.imageId, limits: { ...record.request.limits, ...clone.limits },
  };
  const image = await findLocalImage(engine, request) ?? await obtainImage(engine, request);
  return await createContainer(engine, request, clone.image === undefined ? { ...image, name: record.imageName } : image, "create", { original: record });
}
