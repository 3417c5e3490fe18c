/** `--filter` of `volume ls` and `volume prune`; each key is one line of the table below. */
import { CalaError } from "../base/error.ts";
import { parseTime } from "../base/time.ts";
import { findVolume, type VolumeRecord } from "./record.ts";
import type { Dirs } from "../dirs/dirs.ts";

type Test = (volume: VolumeRecord) => boolean;

/** What filters must know beyond the volume itself. */
export interface VolumeFilterContext {
  readonly dirs: Dirs;
  /** Whether a container uses the volume. */
  readonly isUsed: (name: string) => boolean;
}

const filters: Readonly<Record<string, (value: string, context: VolumeFilterContext) => Test>> = {
  name: (value) => byName(value),
  driver: (value) => (volume) => volume.driver === value,
  scope: (value) => () => value === "local",
  label: (value) => byPair(value, (volume) => volume.labels),
  "label!": (value) => negated(byPair(value, (volume) => volume.labels)),
  opt: (value) => byPair(value, (volume) => volume.options),
  anonymous: (value) => ifWanted("anonymous", value, (volume) => volume.anonymous),
  dangling: (value, { isUsed }) => ifWanted("dangling", value, (volume) => !isUsed(volume.name)),
  until: (value) => before(parseTime(value)),
  after: (value, { dirs }) => newerThan(value, dirs),
  since: (value, { dirs }) => newerThan(value, dirs),
};

/** Keys of which every value must hold; of others one is enough. */
const cumulative = new Set(["label", "label!", "opt", "until"]);

/**
 * One test from all filters: different keys must all hold.
 * @throws CalaError `filter-invalid`, `time-invalid`, `volume-unknown`
 */
export function volumeFilter(pairs: readonly (readonly [key: string, value: string])[], context: VolumeFilterContext): Test {
  const byKey = new Map<string, Test[]>();
  for (const [key, value] of pairs) {
    const make = Object.hasOwn(filters, key) ? filters[key] : undefined;
    if (make === undefined) throw new CalaError("filter-invalid", `"${key}" is not a filter for volumes`, { hint: `filters are ${Object.keys(filters).join(", ")}` });
    byKey.set(key, [...(byKey.get(key) ?? []), make(value, context)]);
  }
  return (volume) => [...byKey].every(([key, tests]) => (cumulative.has(key) ? tests.every((test) => test(volume)) : tests.some((test) => test(volume))));
}

/** A regular expression, as in podman; a text that is none stands for itself. */
function byName(value: string): Test {
  try {
    const pattern = new RegExp(value);
    return (volume) => pattern.test(volume.name);
  } catch {
    return (volume) => volume.name.includes(value);
  }
}

function byPair(value: string, of: (volume: VolumeRecord) => Readonly<Record<string, string>>): Test {
  const at = value.indexOf("=");
  const key = at === -1 ? value : value.slice(0, at);
  return (volume) => {
    const pairs = of(volume);
    return Object.hasOwn(pairs, key) && (at === -1 || pairs[key] === value.slice(at + 1));
  };
}

function ifWanted(key: string, value: string, test: Test): Test {
  if (/^(true|1|t)$/i.test(value)) return test;
  if (/^(false|0|f)$/i.test(value)) return negated(test);
  throw new CalaError("filter-invalid", `filter "${key}=${value}" must be true or false`);
}

function negated(test: Test): Test {
  return (volume) => !test(volume);
}

function before(limitMs: number): Test {
  return (volume) => Date.parse(volume.createdAt) < limitMs;
}

function newerThan(name: string, dirs: Dirs): Test {
  const { createdAt } = findVolume(dirs, name);
  return (volume) => volume.createdAt > createdAt;
}
