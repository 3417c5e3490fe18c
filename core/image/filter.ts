/** `--filter` of `images` and `image prune`. */
import { CalaError } from "../base/error.ts";
import { clock } from "../base/clock.ts";
import { parseDurationMs } from "../base/duration.ts";
import { parseReference } from "../oci/reference.ts";
import type { ImageEngine } from "./engine.ts";
import type { NamedImage } from "./image-record.ts";
import { isReadOnly, listImages } from "./image-store.ts";
import { childrenAmong, requireImage } from "./resolve.ts";
import { imageUsers } from "./usage.ts";

type Test = (entry: NamedImage) => boolean;

/**
 * The images that pass all filters; values of the same key are alternatives, except labels, which must all fit.
 * @throws CalaError `filter-invalid`, `image-unknown`
 */
export async function filterImages(engine: ImageEngine, images: readonly NamedImage[], filters: readonly string[]): Promise<NamedImage[]> {
  const byKey = new Map<string, Test[]>();
  for (const filter of filters) {
    const [, key = "", negated, value = ""] = /^([^=!]+)(!?)=([^]*)$/.exec(filter) ?? [];
    if (key === "") throw new CalaError("filter-invalid", `filter "${filter}" is not KEY=VALUE`);
    const test = await testFor(engine, key, value);
    const group = `${key}${negated ?? ""}`;
    byKey.set(group, [...(byKey.get(group) ?? []), negated === "!" ? (entry) => !test(entry) : test]);
  }
  return images.filter((entry) => [...byKey].every(([key, tests]) => (key.startsWith("label") || key.endsWith("!") ? tests.every((test) => test(entry)) : tests.some((test) => test(entry)))));
}

async function testFor(engine: ImageEngine, key: string, value: string): Promise<Test> {
  switch (key) {
    case "dangling": return isTrue(key, value) ? isDangling : (entry) => !isDangling(entry);
    case "intermediate": {
      const wanted = isTrue(key, value);
      const all = listImages(engine.dirs);
      return (entry) => (isDangling(entry) && childrenAmong(all, entry.image).length > 0) === wanted;
    }
    case "readonly": {
      const wanted = isTrue(key, value);
      return (entry) => isReadOnly(engine.dirs, entry.image.id) === wanted;
    }
    case "manifest": {
      const wanted = isTrue(key, value);
      return (entry) => (entry.isList === true) === wanted;
    }
    case "containers": {
      const wanted = isTrue(key, value);
      const users = imageUsers(engine.dirs);
      return (entry) => users.has(entry.image.id) === wanted;
    }
    case "id": return (entry) => entry.image.id.startsWith(value.replace(/^sha256:/, ""));
    case "digest": return (entry) => [entry.image.manifestDigest, ...entry.image.digests].some((digest) => digest.startsWith(value));
    case "label": return labelTest(value);
    case "reference": return (entry) => entry.tags.some((tag) => referenceFits(value, tag.reference));
    case "before": case "since": case "after": return await timeTest(engine, key, value);
    case "until": {
      const limitMs = untilMs(value);
      return (entry) => Date.parse(entry.image.createdAt) < limitMs;
    }
    default: throw new CalaError("filter-invalid", `there is no filter "${key}" for images`, { hint: "use before, since, until, dangling, digest, id, intermediate, containers, label or reference" });
  }
}

/** Without a name. */
export function isDangling(entry: NamedImage): boolean {
  return entry.tags.length === 0;
}

function isTrue(key: string, value: string): boolean {
  if (/^(true|1|t)$/i.test(value)) return true;
  if (/^(false|0|f)$/i.test(value)) return false;
  throw new CalaError("filter-invalid", `filter "${key}=${value}" must be true or false`);
}

function labelTest(value: string): Test {
  const at = value.indexOf("=");
  const [name, wanted] = at < 0 ? [value, undefined] : [value.slice(0, at), value.slice(at + 1)];
  return ({ image }) => {
    const label = image.labels[name];
    return label !== undefined && (wanted === undefined || globFits(wanted, label));
  };
}

async function timeTest(engine: ImageEngine, key: string, value: string): Promise<Test> {
  const limit = Date.parse((await requireImage(engine, value)).image.createdAt);
  return key === "before" ? ({ image }) => Date.parse(image.createdAt) < limit : ({ image }) => Date.parse(image.createdAt) > limit;
}

function untilMs(value: string): number {
  if (/^\d{9,}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return !Number.isNaN(date) && value.includes("-") ? date : clock.nowMs() - parseDurationMs(value);
}

/** Whether a pattern with `*` and `?` fits a full name, or its end after any slash, with or without its tag. */
export function referenceFits(pattern: string, full: string): boolean {
  const { domain, path, tag } = parseReference(full);
  const repositories = [`${domain}/${path}`, ...path.split("/").map((_, index, parts) => parts.slice(index).join("/"))];
  return repositories.some((repository) => globFits(pattern, repository) || (tag !== undefined && globFits(pattern, `${repository}:${tag}`)));
}

function globFits(pattern: string, text: string): boolean {
  const source = pattern.replace(/[.+^${}()|\\]/g, "\\$&").replace(/\*/g, ".*").replace(/\?/g, ".");
  return new RegExp(`^${source}$`, "s").test(text);
}
