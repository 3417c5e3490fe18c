import type { Measurement } from "./measurement.ts";

/** The rounds of one measurement: numbers of both engines, pairwise. */
export interface Result {
  readonly measurement: Measurement;
  readonly cala: readonly number[];
  readonly podman: readonly number[];
  /** Where it does such work. */
  readonly skopeo?: readonly number[];
}

/** The middle of some numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The median of the rounds' own ratios: what slows a whole round down slows both. */
export function medianRatio(result: Result): number {
  return median(result.cala.map((value, index) => value / (result.podman[index] ?? Number.NaN)));
}

/** Whether a row keeps what it is allowed; rows without any limit do. */
export function isKept(result: Result): boolean {
  const { budget, ceiling } = result.measurement;
  return (budget === undefined || medianRatio(result) <= budget) && (ceiling === undefined || median(result.cala) <= ceiling);
}

function limitText(result: Result): string {
  const { budget, ceiling, unit } = result.measurement;
  const limits = [...(budget === undefined ? [] : [`≤ ${Number(budget.toFixed(2))} ×`]), ...(ceiling === undefined ? [] : [`≤ ${ceiling} ${unit}`])];
  return limits.length === 0 ? "–" : `${limits.join(", ")}${isKept(result) ? "" : " (missed)"}`;
}

/** The table as Markdown, with the conditions under it. */
export function tableText(results: readonly Result[], conditions: string): string {
  const amount = (value: number, unit: string): string => `${unit !== "ms" ? value.toFixed(2) : value >= 1000 ? Math.round(value).toLocaleString("en") : value.toFixed(0)} ${unit}`;
  const hasSkopeo = results.some(({ skopeo }) => skopeo !== undefined);
  const besideOf = ({ skopeo, measurement }: Result): string => (!hasSkopeo ? "" : skopeo === undefined ? " – |" : ` ${amount(median(skopeo), measurement.unit)} |`);
  const rows = results.map((result) => {
    const { measurement } = result;
    const [podman, ratio] = measurement.isAlone === true ? ["–", "–"] : [amount(median(result.podman), measurement.unit), `${medianRatio(result).toFixed(2)} ×`];
    return `| ${measurement.title} | ${amount(median(result.cala), measurement.unit)} | ${podman} |${besideOf(result)} ${ratio} | ${limitText(result)} |`;
  });
  const [heading, line] = hasSkopeo ? [" skopeo (unpacks nothing) |", " --- |"] : ["", ""];
  return [`| what | cala | podman |${heading} ratio | budget |`, `| --- | --- | --- |${line} --- | --- |`, ...rows, "", conditions, ""].join("\n");
}
