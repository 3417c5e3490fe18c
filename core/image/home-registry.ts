/** The registry that has the say about a name: where it is pushed to and signed, whatever mirrors it is pulled from. */
import { loadRegistriesConfig, pullSources } from "../config/registries-conf.ts";
import { repositoryOf, type Reference } from "../oci/reference.ts";
import type { RegistryClient } from "../registry/client.ts";
import { connectRegistry, type ConnectOptions } from "../registry/connect.ts";
import type { ImageEngine } from "./engine.ts";

/** How it is reached, and until when. */
export interface HomeOptions {
  readonly connect?: ConnectOptions;
  readonly signal?: AbortSignal;
}

/** A client, to be closed, and what the name is called there. @throws CalaError `registry-…`, and what a damaged registries.conf is told by */
export async function connectHome(engine: ImageEngine, reference: Reference, { connect, signal }: HomeOptions): Promise<{ readonly client: RegistryClient; readonly place: Reference }> {
  const { reference: place, insecure } = pullSources(await loadRegistriesConfig(engine.env), reference).at(-1) ?? { reference, insecure: false };
  const options = { env: engine.env, ...connect, ...(signal === undefined ? {} : { signal }) };
  return { client: await connectRegistry(place.domain, repositoryOf(place), options, insecure), place };
}
