/** Places of images that are no registries. Source: containers-transports(5). */

/** A transport's word and what stands behind its colon. */
export interface TransportName {
  readonly transport: "docker-archive" | "oci-archive" | "oci" | "dir" | "containers-storage" | "docker-daemon" | "sif" | "ostree" | "atomic";
  readonly place: string;
}

const pattern = /^(docker-archive|oci-archive|oci|dir|containers-storage|docker-daemon|sif|ostree|atomic):(.*)$/s;

/** The transport that a name as typed begins with; undefined for names of images, and for those with `docker://` in front. */
export function transportOf(name: string): TransportName | undefined {
  const match = pattern.exec(name);
  return match === null ? undefined : { transport: match[1] as TransportName["transport"], place: match[2] ?? "" };
}
