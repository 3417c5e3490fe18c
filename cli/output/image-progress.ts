import type { OnProgress, ProgressEvent } from "../../core/image/progress.ts";
import { shortId } from "../../core/base/id.ts";
import { showProgress, silentProgress, type Progress } from "./progress.ts";
import type { Sink } from "./sink.ts";

/** Progress of image verbs on a sink: bars on a terminal, one line a layer elsewhere. `close` it before printing anything else. */
export function imageProgress(sink: Sink, quiet: boolean): { readonly onProgress: OnProgress; close(): void } {
  if (quiet) return { onProgress: () => undefined, close: () => undefined };
  let progress: Progress = silentProgress;
  let open = false;
  const close = (): void => {
    progress.close();
    open = false;
  };
  return {
    close,
    onProgress: (event) => {
      if (event.kind === "step") {
        close();
        sink.write(`${event.text}\n`);
        return;
      }
      if (!open) progress = showProgress(sink);
      open = true;
      show(progress, event);
    },
  };
}

function show(progress: Progress, event: Extract<ProgressEvent, { kind: "layer" }>): void {
  const hex = event.id.replace(/^sha256:/, "");
  const id = shortId(hex);
  const verb = `Copying ${event.noun}`;
  if (event.phase === "exists") progress.finish(id, verb, "already exists");
  else if (event.phase === "done") progress.finish(id, verb, "done");
  else progress.update(id, verb, event.doneBytes, event.totalBytes === 0 ? undefined : event.totalBytes);
}
