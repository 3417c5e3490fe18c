/** Files of a container's image, before it runs. */
import { join } from "node:path";
import type { Engine } from "../engine.ts";
import { readPlainText, readStackedText } from "../layer/read-file.ts";
import { parseDigest } from "../oci/digest.ts";
import type { ContainerRecord } from "./record.ts";

/** The text of `/etc/NAME` in the image, or in the directory that stands for it; empty where there is none. */
export function imageText(engine: Engine, draft: Pick<ContainerRecord, "request" | "image">, name: string): string {
  const { rootfs } = draft.request;
  if (rootfs !== undefined) return readPlainText(join(rootfs.path, "etc"), name) ?? "";
  return readStackedText(engine.dirs, draft.image.layers.map(parseDigest), "etc", name) ?? "";
}
