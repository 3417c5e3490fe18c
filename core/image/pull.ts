/** From a name to a stored image: local when the policy allows, else from the registries that the name may mean. */
import { CalaError, messageOf } from "../base/error.ts";
import { loadPolicy, scopesOfReference, signaturesAsked, type Policy, type PolicyRequirement } from "../config/policy.ts";
import { loadRegistriesConfig, pullSources, type PullSource, type RegistriesConfig } from "../config/registries-conf.ts";
import { settleLayers } from "../layer/unsynced.ts";
import type { PlatformWish } from "../oci/platform.ts";
import { formatReference, pinned, repositoryOf, splitName, type Reference } from "../oci/reference.ts";
import { transportOf, type TransportName } from "../oci/transport.ts";
import { connectRegistry, type ConnectOptions } from "../registry/connect.ts";
import { headManifest, type OnPlain } from "../registry/manifests.ts";
import type { ImageEngine } from "./engine.ts";
import { imageEvent } from "./events.ts";
import { fitsPlatform } from "./for-platform.ts";
import type { ImageRecord } from "./image-record.ts";
import { readTag } from "./image-store.ts";
import type { OnProgress } from "./progress.ts";
import { candidates, findImage, type ResolvedImage } from "./resolve.ts";
import { storeImage } from "./store-image.ts";

/** When a registry is asked: always, when the image is missing, never, or when the registry has another one. */
export type PullPolicy = "always" | "missing" | "never" | "newer";

/** What to pull and how. */
export interface PullRequest {
  /** As typed, `docker://` in front or not. */
  readonly name: string;
  readonly policy: PullPolicy;
  readonly platform?: PlatformWish;
  readonly connect?: ConnectOptions;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
  /** Told how a registry was asked that had nothing new, where that was all that was asked. */
  readonly onPlain?: OnPlain;
}

/** The image and whether a registry delivered it. */
export interface PullResult extends ResolvedImage {
  /** False when the image was here already and nothing was asked of a registry. */
  readonly fetched: boolean;
}

/**
 * The image of a name, pulled by the policy.
 * @throws CalaError `image-unknown`, `manifest-unknown`, `registry-…`, `policy-…`, `digest-mismatch`, …
 */
export async function pullImage(engine: ImageEngine, request: PullRequest): Promise<PullResult> {
  const elsewhere = transportOf(request.name);
  if (elsewhere !== undefined) return await pullElsewhere(engine, elsewhere, request);
  const name = request.name.replace(/^docker:\/\//, "");
  await settleLayers(engine);
  const local = request.policy === "always" ? undefined : await findLocal(engine, name, request);
  if (local !== undefined && (request.policy !== "newer" || (await isCurrent(engine, local, request)))) return { ...local, fetched: false };
  if (request.policy === "never") throw new CalaError("image-unknown", `there is no image "${name}" here, and the policy is not to pull it`, { hint: `cala pull ${name}` });
  const builtin = await builtinImage(engine, name);
  if (builtin !== undefined) return { ...builtin, fetched: false };
  try {
    return await pullAny(engine, name, request);
  } catch (error) {
    // "newer" is content with what is here when no registry answers.
    if (local !== undefined && !(error instanceof Error && error.name === "AbortError")) return { ...local, fetched: false };
    throw error;
  }
}

async function findLocal(engine: ImageEngine, name: string, request: PullRequest): Promise<ResolvedImage | undefined> {
  const found = await findImage(engine, name);
  return found !== undefined && fitsPlatform(found.image, request.platform) && engineHasLayers(engine, found.image) ? found : undefined;
}

/** The one image of an archive, a directory or podman's store. */
async function pullElsewhere(engine: ImageEngine, place: TransportName, request: PullRequest): Promise<PullResult> {
  if (request.policy === "never") throw new CalaError("image-unknown", `"${request.name}" is not in the store, and the policy is not to pull it`);
  const { pullTransport } = await import("./pull-transport.ts");
  const found = await pullTransport(engine, place, { ...(request.onProgress === undefined ? {} : { onProgress: request.onProgress }), ...(request.signal === undefined ? {} : { signal: request.signal }) });
  const [first] = found;
  if (first === undefined || found.length > 1) throw new CalaError("image-ambiguous", `"${request.name}" has ${found.length} images`, { hint: `write :NAME behind it, or load all: cala load --input ${place.place}` });
  const [reference] = first.names;
  return { image: first.image, fetched: true, ...(reference === undefined ? {} : { reference }) };
}

function engineHasLayers(engine: ImageEngine, image: ImageRecord): boolean {
  return image.layers.every((layer) => engine.layers.has(layer.diffId));
}

async function builtinImage(engine: ImageEngine, name: string): Promise<ResolvedImage | undefined> {
  if (!name.includes("cala-hello")) return undefined;
  const { loadBuiltin } = await import("./builtin.ts");
  return await loadBuiltin(engine, name);
}

/** Whether the registry still has under the name what is here. */
async function isCurrent(engine: ImageEngine, local: ResolvedImage, request: PullRequest): Promise<boolean> {
  if (local.reference === undefined || local.reference.startsWith("localhost/")) return true;
  const reference = splitReference(local.reference);
  try {
    for (const source of pullSources(await loadRegistriesConfig(engine.env), reference)) {
      const client = await connect(engine, source, request);
      try {
        return (await headManifest(client, source.reference)) === readTag(engine.dirs, local.reference)?.digest;
      } finally {
        client.close();
      }
    }
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") throw error;
  }
  return true;
}

function splitReference(text: string): Reference {
  const parts = splitName(text);
  return { ...parts, domain: parts.domain ?? "docker.io" };
}

async function pullAny(engine: ImageEngine, name: string, request: PullRequest): Promise<PullResult> {
  const config = await loadRegistriesConfig(engine.env);
  const references = candidates(splitName(name), config, false);
  const failures: unknown[] = [];
  for (const reference of references) {
    try {
      return await pullReference(engine, config, reference, failures.length === 0 ? request : alone(request));
    } catch (error) {
      if (request.signal?.aborted === true) throw error;
      failures.push(error);
    }
  }
  if (failures.length === 1) throw failures[0];
  throw new CalaError("image-unknown", `image "${name}" could not be pulled: ${failures.map(messageOf).join("; ")}`, { cause: failures[0], ...(hintOf(failures)) });
}

/** Others were asked before: the question that is answered now is not all that was asked. */
function alone({ onPlain: _, ...request }: PullRequest): PullRequest {
  return request;
}

function hintOf(failures: readonly unknown[]): { readonly hint?: string } {
  const hint = failures.map((failure) => (failure instanceof CalaError ? failure.hint : undefined)).find((text) => text !== undefined);
  return hint === undefined ? {} : { hint };
}

/** Pulls one full reference, from its mirrors first. @throws CalaError */
export async function pullReference(engine: ImageEngine, config: RegistriesConfig, reference: Reference, request: PullRequest): Promise<PullResult> {
  const policy = loadPolicy(engine.env);
  const rules: Rules = { policy, asked: signaturesAsked(policy, "docker", scopesOfReference(reference), formatReference(reference)) };
  const sources = pullSources(config, reference);
  let failure: unknown;
  for (const source of sources) {
    try {
      return await pullFrom(engine, reference, source, failure === undefined ? request : alone(request), rules);
    } catch (error) {
      if (request.signal?.aborted === true) throw error;
      // A mirror that fails is not worth a word when the registry itself answers.
      failure = error;
    }
  }
  throw failure;
}

/** The policy, and the signatures that it asks for. */
interface Rules {
  readonly policy: Policy;
  readonly asked: readonly PolicyRequirement[];
}

async function pullFrom(engine: ImageEngine, reference: Reference, source: PullSource, request: PullRequest, rules: Rules): Promise<PullResult> {
  request.onProgress?.({ kind: "step", text: `Trying to pull ${formatReference(source.reference)}...` });
  const client = await connect(engine, source, request);
  try {
    const { registrySource } = await import("./registry-source.ts");
    const name = formatReference(reference.digest === undefined ? reference : pinned(reference, reference.digest));
    const stored = await storeImage(engine, registrySource(client, source.reference, engine.dirs, readTag(engine.dirs, name)?.digest, rules.asked.length === 0 ? request.onPlain : undefined), {
      platform: request.platform ?? {}, names: [name],
      ...(rules.asked.length === 0 ? {} : { accept: async (digests) => {
        const { enforceSignatures } = await import("./signature/enforce.ts");
        await enforceSignatures(rules.asked, { used: reference, place: source.reference, digests, client, env: engine.env, policyFile: rules.policy.file });
      } }),
      ...(request.onProgress === undefined ? {} : { onProgress: request.onProgress }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    imageEvent(engine, "pull", stored.image.id, name);
    return { image: stored.image, reference: name, fetched: true };
  } finally {
    client.close();
  }
}

async function connect(engine: ImageEngine, source: PullSource, request: PullRequest): ReturnType<typeof connectRegistry> {
  const onWait = (text: string): void => request.onProgress?.({ kind: "step", text });
  const options: ConnectOptions = { env: engine.env, onWait, ...request.connect, ...(request.signal === undefined ? {} : { signal: request.signal }) };
  return await connectRegistry(source.reference.domain, repositoryOf(source.reference), options, source.insecure);
}

/** Every tag of a repository, one after the other. @throws CalaError */
export async function pullAllTags(engine: ImageEngine, request: PullRequest): Promise<PullResult[]> {
  const parts = splitName(request.name.replace(/^docker:\/\//, ""));
  if (parts.tag !== undefined || parts.digest !== undefined) throw new CalaError("reference-invalid", `image name "${request.name}" has a tag, and all tags were asked for`);
  const config = await loadRegistriesConfig(engine.env);
  const [reference] = candidates(parts, config, false);
  if (reference === undefined) return [];
  const { listTags } = await import("../registry/tags.ts");
  const source = pullSources(config, reference).at(-1) ?? { reference, insecure: false, isMirror: false };
  const client = await connect(engine, source, request);
  const results: PullResult[] = [];
  try {
    for (const tag of (await listTags(client, source.reference.path)).sort()) results.push(await pullReference(engine, config, { ...reference, tag }, request));
  } finally {
    client.close();
  }
  return results;
}

