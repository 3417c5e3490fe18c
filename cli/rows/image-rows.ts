import { formatBytes } from "../../core/base/bytes.ts";
import { clock } from "../../core/base/clock.ts";
import { humanDuration } from "../../core/base/duration.ts";
import { shortId } from "../../core/base/id.ts";
import type { ListedImage } from "../../core/image/list.ts";
import { parseReference, repositoryOf } from "../../core/oci/reference.ts";

/** One line of `images`: an image under one of its names. */
export interface ImageRow {
  readonly ID: string;
  readonly Id: string;
  readonly Repository: string;
  readonly Tag: string;
  readonly Digest: string;
  readonly Created: string;
  readonly CreatedAt: string;
  readonly CreatedSince: string;
  readonly CreatedTime: string;
  readonly Size: string;
  readonly VirtualSize: string;
  readonly SharedSize: string;
  readonly History: string;
  readonly Names: readonly string[];
  readonly RepoTags: readonly string[];
  readonly RepoDigests: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly Containers: number;
  readonly Dangling: boolean;
  readonly ReadOnly: boolean;
  readonly IsManifestList: boolean;
  readonly ParentId: string;
  readonly Os: string;
  readonly Arch: string;
}

/** Headings of the fields that are not simply their name. */
export const imageHeadings = { ID: "IMAGE ID", Id: "IMAGE ID", Created: "CREATED", CreatedSince: "CREATED", CreatedAt: "CREATED AT", Size: "SIZE" } as const;

/** The rows of all images: one a name, one for an image without names. */
export function imageRows(images: readonly ListedImage[], noTrunc: boolean): ImageRow[] {
  return images.flatMap((listed) => (listed.tags.length === 0 ? [rowOf(listed, undefined, noTrunc)] : listed.tags.map((tag) => rowOf(listed, tag, noTrunc))));
}

function rowOf(listed: ListedImage, tag: ListedImage["tags"][number] | undefined, noTrunc: boolean): ImageRow {
  const { image } = listed;
  const reference = tag === undefined ? undefined : parseReference(tag.reference);
  const created = new Date(image.createdAt);
  const id = noTrunc ? `sha256:${image.id}` : shortId(image.id);
  const since = `${humanDuration(clock.nowMs() - created.getTime())} ago`;
  return {
    ID: id, Id: id, Repository: reference === undefined ? "<none>" : repositoryOf(reference), Tag: reference?.tag ?? "<none>",
    Digest: tag?.digest ?? image.manifestDigest, Created: since, CreatedSince: since, CreatedAt: goTime(created), CreatedTime: goTime(created),
    Size: formatBytes(image.sizeBytes), VirtualSize: formatBytes(image.sizeBytes), SharedSize: "0 B",
    History: historyOf(listed).join(", "), Names: names(listed), RepoTags: listed.repoTags, RepoDigests: listed.repoDigests, Labels: image.labels,
    Containers: listed.containers, Dangling: listed.dangling, ReadOnly: listed.readOnly, IsManifestList: listed.isList, ParentId: image.parentId ?? "", Os: image.os, Arch: image.architecture,
  };
}

/** As Go prints a time: `2024-05-06 07:08:09 +0000 UTC`. */
function goTime(date: Date): string {
  const text = date.toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 19)} +0000 UTC`;
}

const names = (listed: ListedImage): string[] => listed.tags.map((tag) => tag.reference);
const historyOf = (listed: ListedImage): string[] => [...new Set([...names(listed), ...(listed.image.formerNames ?? [])])];

/** Objects for `--format json` in podman's shape, one an image and name. */
export function imageDocuments(images: readonly ListedImage[]): object[] {
  return images.flatMap((listed) => Array.from({ length: Math.max(1, listed.tags.length) }, () => documentOf(listed)));
}

function documentOf(listed: ListedImage): object {
  const { image } = listed;
  const createdMs = Date.parse(image.createdAt);
  return {
    Id: image.id, ParentId: image.parentId ?? "", RepoTags: listed.repoTags.length === 0 ? null : listed.repoTags, RepoDigests: listed.repoDigests,
    Size: image.sizeBytes, SharedSize: 0, VirtualSize: image.sizeBytes, Labels: Object.keys(image.labels).length === 0 ? null : image.labels, Containers: listed.containers,
    ...(listed.dangling ? { Dangling: true } : {}), ...(listed.readOnly ? { ReadOnly: true } : {}), ...(listed.isList ? { IsManifestList: true } : {}), ...(names(listed).length === 0 ? {} : { Names: names(listed) }), Digest: image.manifestDigest,
    ...(historyOf(listed).length === 0 ? {} : { History: historyOf(listed) }), Created: Math.floor(createdMs / 1000), CreatedAt: new Date(createdMs).toISOString().replace(/\.\d+Z$/, "Z"),
  };
}
