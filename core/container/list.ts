import { CalaError } from "../base/error.ts";
import type { Engine } from "../engine.ts";
import { containerFilter } from "./filter.ts";
import type { ContainerRecord } from "./record.ts";
import { damageNotice, findContainer, listRecords } from "./store.ts";
import { isAlive, viewOf, type ContainerView } from "./view.ts";

/** Which containers to list. */
export interface ListRequest {
  /** Also those that are not running. */
  readonly all: boolean;
  readonly filters: readonly (readonly [key: string, value: string])[];
  /** The newest N, of whatever status. */
  readonly last?: number;
}

/** Containers, oldest first. Reads no lock and starts no process. @throws CalaError `filter-invalid` */
export function listContainers(engine: Engine, request: ListRequest): ContainerView[] {
  const records = soundRecords(engine);
  const filter = containerFilter(request.filters, {
    createdAtOf: (nameOrId) => findContainer(engine.dirs, nameOrId).createdAt,
    isDescendant: (view, image) => isFromImage(view, image),
  });
  const showAll = request.all || request.last !== undefined || request.filters.some(([key]) => key === "status" || key === "exited");
  const views = records.map((record) => viewOf(engine.dirs, record)).filter((view) => (showAll || isAlive(view)) && filter(view));
  return request.last === undefined ? views : views.slice(-request.last);
}

function soundRecords(engine: Engine): ContainerRecord[] {
  return listRecords(engine.dirs, (id) => engine.notice(damageNotice(id)));
}

function isFromImage(view: ContainerView, image: string): boolean {
  const { imageName, imageId } = view.record;
  const wanted = image.replace(/^sha256:/, "");
  if (imageId.startsWith(wanted) && /^[0-9a-f]{4,}$/.test(wanted)) return true;
  const tagged = /:[^/]+$/.test(image) ? image : `${image}:latest`;
  return imageName === image || imageName === tagged || imageName.endsWith(`/${tagged}`);
}

/** The container that was created last. @throws CalaError `container-unknown` */
export function latestContainer(engine: Engine): ContainerView {
  const record = soundRecords(engine).at(-1);
  if (record === undefined) throw new CalaError("container-unknown", "there is no container yet", { hint: "cala run IMAGE" });
  return viewOf(engine.dirs, record);
}
