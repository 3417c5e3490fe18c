/** Bytes that a native applet writes, as a stream that fails when the applet does. */
import { pipeline, Transform, type Readable } from "node:stream";
import { CalaError } from "../base/error.ts";
import { errorOfWords, spawnInNamespace, type NamespaceSite } from "../idmap/spawn-in-namespace.ts";

/** What to run and how its end is judged. */
export interface NativeStreamRequest {
  readonly argv: readonly string[];
  /** Begins the message when it fails: `cannot read layer "…"`. */
  readonly what: string;
  readonly errorCode: string;
  readonly onBytes?: (chunk: Uint8Array) => void;
  /** Called when all is read and the applet succeeded; what it returns fails the stream. */
  readonly onEnd?: () => Error | undefined;
}

/** Starts the applet in the outer user namespace. Destroying the stream ends the applet. */
export function nativeStream(site: NamespaceSite, request: NativeStreamRequest): Readable {
  const native = spawnInNamespace(site, request.argv, "ignore");
  const check = new Transform({
    highWaterMark: 1 << 20,
    transform: (chunk: Buffer, _encoding, done): void => {
      request.onBytes?.(chunk);
      done(null, chunk);
    },
    flush: (done): void => {
      native.ended.then((status) => {
        done(status === 0 ? request.onEnd?.() ?? null : errorOfWords(native.words(), request.errorCode, request.what));
      }, done);
    },
  });
  const { stdout } = native.child;
  if (stdout === null) throw new CalaError("native-missing", "cala's native program has no standard output");
  native.child.on("error", (error) => { check.destroy(error); });
  check.on("close", () => { native.child.kill("SIGKILL"); });
  return pipeline(stdout, check, () => undefined); // errors come out of the last stream
}
