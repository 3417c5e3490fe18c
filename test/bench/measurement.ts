import type { FixtureImage } from "../e2e/harness/fixture-images.ts";
import type { Engine, Skopeo } from "./engine.ts";

/** One line of the table. */
export interface Measurement {
  readonly name: string;
  readonly title: string;
  readonly unit: "ms" | "MB" | "µs" | "×" | "%";
  /** The most that cala may need, as a share of podman's. */
  readonly budget?: number;
  /** The most that cala may need, in the row's own unit. */
  readonly ceiling?: number;
  readonly rounds: number;
  readonly images: readonly FixtureImage[];
  /** Rows of a group take minutes: they run only when the group, or one of them, is named. */
  readonly group?: "images" | "networks" | "ids" | "ownership";
  /** Done once per engine before the rounds. */
  readonly prepare?: (engine: Engine) => void;
  /** One round; the number that counts. */
  readonly measure: (engine: Engine, round: number) => number;
  /** The same work by skopeo, which unpacks nothing; milliseconds. Shown beside, no budget is measured by it. */
  readonly skopeo?: (skopeo: Skopeo) => number;
  /** No other engine has the command: cala is measured alone, against its own ceiling. */
  readonly isAlone?: true;
  /** The first round counts, too: the number depends on nothing that has to warm up. */
  readonly isCold?: true;
  /** Done once per engine after the rounds. */
  readonly finish?: (engine: Engine) => void;
}
