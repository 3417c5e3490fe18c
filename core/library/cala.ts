/** The engine as a library: what a program that imports `cala` works with. No process stays behind it, and no socket is opened. */
import { createContainer } from "../container/create.ts";
import { findLocalImage, obtainImage } from "../container/image.ts";
import { listContainers } from "../container/list.ts";
import { startContainer } from "../container/start.ts";
import { findContainer } from "../container/store.ts";
import { openEngine, type Engine, type EngineOptions } from "../engine.ts";
import type { OnProgress } from "../image/progress.ts";
import { defaultRequest, type ContainerRequest } from "../spec/request.ts";
import { Container } from "./container.ts";

/** Parts of a request that have defaults of their own. */
type Parts = Pick<ContainerRequest, "network" | "security" | "namespaces">;

/** What a new container is: an image, and whatever else differs from the defaults. */
export interface ContainerOptions extends Partial<Omit<ContainerRequest, "image" | keyof Parts>>, Partial<{ readonly [K in keyof Parts]: Partial<Parts[K]> }> {
  /** As on the command line: `alpine`, `docker.io/library/alpine:3`, an id. */
  readonly image: string;
  /** Ends a pull; once the container runs, kills and removes it. */
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

/** How an image is pulled. */
export interface PullOptions {
  /** `missing` asks no registry where the image is here; `always` unless given. */
  readonly policy?: ContainerRequest["pull"];
  readonly platform?: NonNullable<ContainerRequest["platform"]>;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

/** One user's containers and images. */
export interface Cala {
  readonly engine: Engine;
  /** @returns the image's id and the name it has here. @throws CalaError */
  pull(image: string, options?: PullOptions): Promise<{ readonly id: string; readonly name: string }>;
  /** Makes a container; the image is pulled when it is missing. @throws CalaError */
  create(options: ContainerOptions): Promise<Container>;
  /** Makes and starts one; resolves when its program runs. @throws CalaError; nothing is left of a container that could not start */
  run(options: ContainerOptions): Promise<Container>;
  /** By name, id or an id's beginning. @throws CalaError `container-unknown`, `container-ambiguous` */
  container(nameOrId: string): Container;
  /** All of them, oldest first, stopped ones too. */
  containers(): Container[];
}

/** Opens the engine; nothing is read or made until something is asked of it. */
export function openCala(options: EngineOptions = {}): Cala {
  const engine = openEngine(options);
  const create = async (wanted: ContainerOptions, purpose: "create" | "start"): Promise<Container> => {
    const { signal, onProgress } = wanted;
    const request = requestOf(wanted);
    signal?.throwIfAborted();
    const image = await findLocalImage(engine, request) ?? await obtainImage(engine, request, given({ signal, onProgress }));
    return new Container(engine, await createContainer(engine, request, image, purpose));
  };
  return {
    engine,
    pull: async (image, { policy = "always", platform, signal, onProgress } = {}) => {
      const found = await obtainImage(engine, { image, pull: policy, ...given({ platform }) }, given({ signal, onProgress }));
      return { id: found.record.id, name: found.name };
    },
    create: async (wanted) => await create(wanted, "create"),
    run: async (wanted) => {
      const container = await create(wanted, "start");
      try {
        await startContainer(engine, container.record, { prepared: true });
        wanted.signal?.throwIfAborted();
      } catch (error) {
        await container.remove({ force: true, timeoutSeconds: 0 });
        throw error;
      }
      if (wanted.signal !== undefined) container.endWith(wanted.signal);
      return container;
    },
    container: (nameOrId) => new Container(engine, findContainer(engine.dirs, nameOrId)),
    containers: () => listContainers(engine, { all: true, filters: [] }).map(({ record }) => new Container(engine, record)),
  };
}

function requestOf({ signal: _signal, onProgress: _onProgress, ...fields }: ContainerOptions): ContainerRequest {
  const base = defaultRequest(fields.image);
  return {
    ...base, ...fields,
    network: { ...base.network, ...fields.network }, security: { ...base.security, ...fields.security }, namespaces: { ...base.namespaces, ...fields.namespaces },
  };
}

/** The object without its undefined fields. */
function given<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, entry]) => entry !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
