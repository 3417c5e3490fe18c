import { CalaError } from "../base/error.ts";
import type { Descriptor, Platform } from "./image-types.ts";

const architectures: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", arm64: "arm64", arm: "arm", ppc64: "ppc64le", s390x: "s390x", riscv64: "riscv64", loong64: "loong64", mips64el: "mips64le" };
const synonyms: Readonly<Record<string, string>> = { x86_64: "amd64", "x86-64": "amd64", aarch64: "arm64", i386: "386", i686: "386", armhf: "arm", armel: "arm" };

/** The platform of this machine. */
export function hostPlatform(): Platform {
  const architecture = architectures[process.arch] ?? process.arch;
  if (architecture === "arm") return { os: "linux", architecture, variant: "v7" };
  return architecture === "arm64" ? { os: "linux", architecture, variant: "v8" } : { os: "linux", architecture };
}

/** Which platform is wanted; absent fields are the host's. */
export interface PlatformWish {
  readonly os?: string;
  readonly architecture?: string;
  readonly variant?: string;
}

/** A wish from `os/architecture[/variant]` or `architecture`. @throws CalaError `platform-invalid` */
export function parsePlatform(text: string): PlatformWish {
  const parts = text.toLowerCase().split("/");
  if (parts.length > 3 || parts.some((part) => !/^[a-z0-9._-]+$/.test(part))) {
    throw new CalaError("platform-invalid", `platform "${text}" is not understood`, { hint: "write it as linux/arm64 or linux/arm/v7" });
  }
  const [first = "", second, third] = parts;
  if (second === undefined) return ["linux", "windows", "darwin", "freebsd"].includes(first) ? { os: first } : { architecture: normalArchitecture(first) };
  return { os: first, architecture: normalArchitecture(second), ...(third === undefined ? {} : { variant: third }) };
}

/** Go's name of an architecture: `x86_64` is `amd64`. */
export function normalArchitecture(name: string): string {
  return synonyms[name.toLowerCase()] ?? name.toLowerCase();
}

/** The platforms that satisfy a wish, best first: an arm v7 machine also runs v6 and v5. */
export function acceptablePlatforms(wish: PlatformWish, host: Platform = hostPlatform()): Platform[] {
  const os = wish.os ?? host.os;
  const architecture = wish.architecture ?? host.architecture;
  const variant = wish.variant ?? (architecture === host.architecture ? host.variant : undefined);
  const exact: Platform = { os, architecture, ...(variant === undefined ? {} : { variant }) };
  if (architecture === "arm64") return variant === undefined || variant === "v8" ? [{ os, architecture, variant: "v8" }, { os, architecture }] : [exact];
  if (architecture !== "arm") return variant === undefined ? [exact] : [exact, ...(wish.variant === undefined ? [{ os, architecture }] : [])];
  const versions = ["v8", "v7", "v6", "v5"];
  const from = versions.indexOf(variant ?? "v7");
  if (from < 0) return [exact];
  return [...versions.slice(from).map((name) => ({ os, architecture, variant: name })), { os, architecture }];
}

/**
 * The manifest for a platform out of an index, or undefined. Entries that say they are for no platform (attestations,
 * `unknown/unknown`) never match.
 */
export function chooseManifest(manifests: readonly Descriptor[], wish: PlatformWish, host: Platform = hostPlatform()): Descriptor | undefined {
  for (const wanted of acceptablePlatforms(wish, host)) {
    const found = manifests.find(({ platform }) => platform !== undefined && samePlatform(platform, wanted));
    if (found !== undefined) return found;
  }
  // An image for amd64/v2 runs where nothing better is offered; so does any variant when none was asked for.
  if (wish.variant !== undefined) return undefined;
  const [first] = acceptablePlatforms(wish, host);
  return first?.architecture === "amd64"
    ? manifests.find(({ platform }) => platform?.os === first.os && platform.architecture === "amd64" && platform.variant === "v1")
    : undefined;
}

function samePlatform(a: Platform, b: Platform): boolean {
  return a.os === b.os && a.architecture === b.architecture && (a.variant ?? "") === (b.variant ?? "");
}

/** `linux/arm64/v8`. */
export function formatPlatform(platform: Platform): string {
  return [platform.os, platform.architecture, platform.variant].filter((part) => part !== undefined && part !== "").join("/");
}
