import { furtherStores } from "./config/storage-conf.ts";
import { resolveDirs, type Dirs, type Environment } from "./dirs/dirs.ts";

/** What every verb is handed: where things are, and what the user fixed for this call. */
export interface Engine {
  readonly dirs: Dirs;
  readonly env: Environment;
  /** `overlay`, `fuse-overlayfs` or `vfs` when the user insists; otherwise the best that works here. */
  readonly storageDriver: string | undefined;
  /** Told once to the user: a rung of the ladder, a missing controller. */
  readonly notice: (text: string) => void;
}

/** What a caller may fix; everything else comes from the environment. */
export interface EngineOptions {
  /** One directory for everything instead of the XDG ones. */
  readonly root?: string;
  readonly env?: Environment;
  readonly storageDriver?: string;
  readonly notice?: (text: string) => void;
}

/** Opens the engine; nothing is read, made or probed until a verb needs it. */
export function openEngine(options: EngineOptions = {}): Engine {
  const env = options.env ?? process.env;
  const own = resolveDirs(env, options.root ?? env["CALA_ROOT"]);
  const imageStores = furtherStores(env).filter((store) => store !== own.data);
  return {
    dirs: imageStores.length === 0 ? own : { ...own, imageStores },
    env,
    storageDriver: options.storageDriver ?? env["CALA_STORAGE_DRIVER"],
    notice: options.notice ?? ((): void => undefined),
  };
}
