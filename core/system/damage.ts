/** What a check of the store can find. */

/** The kinds of objects that can be damaged. */
export type DamageKind = "format" | "document" | "image" | "name" | "layer" | "container" | "volume" | "artifact" | "list" | "foreign";

/** One thing that is wrong. */
export interface Damage {
  readonly kind: DamageKind;
  /** Digest, id or name of the object; for a foreign file its path. */
  readonly object: string;
  /** A sentence without a full stop: `it has another digest`. */
  readonly reason: string;
  /** Of a layer: its own files suffice to mend it, for only its tree is wrong. */
  readonly mendable?: boolean;
}

/** What a check came to. */
export interface CheckReport {
  readonly damages: readonly Damage[];
  /** How much was looked at. */
  readonly images: number;
  readonly layers: number;
  readonly containers: number;
  /** Layers that nothing refers to and that are older than the limit: no damage, but waste. */
  readonly unused: readonly string[];
}
