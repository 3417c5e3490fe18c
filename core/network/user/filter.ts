/** `--filter` of `network ls` and `network prune`; each key is one line of the table below. */
import { CalaError } from "../../base/error.ts";
import { parseTime } from "../../base/time.ts";
import type { NetworkRecord } from "./record.ts";

type Test = (network: NetworkRecord) => boolean;

const filters: Readonly<Record<string, (value: string, isUsed: Test) => Test>> = {
  name: (value) => matching(value, (network) => network.name),
  id: (value) => (network) => network.id.startsWith(value),
  driver: (value) => (network) => network.driver === value,
  scope: (value) => () => value === "local",
  label: (value) => labelled(value),
  "label!": (value) => (network) => !labelled(value)(network),
  dangling: (value, isUsed) => (network) => isUsed(network) !== (value === "true" || value === "1"),
  until: (value) => (network) => Date.parse(network.createdAt) < parseTime(value),
  since: (value) => (network) => Date.parse(network.createdAt) > parseTime(value),
  type: (value) => (network) => (network.name === "bridge" ? "builtin" : "custom") === value,
};

/** One test from all filters: different keys must all hold, of one key one value is enough. @throws CalaError `filter-invalid` */
export function networkFilter(pairs: readonly (readonly [key: string, value: string])[], isUsed: Test): Test {
  const byKey = new Map<string, Test[]>();
  for (const [key, value] of pairs) {
    const make = Object.hasOwn(filters, key) ? filters[key] : undefined;
    if (make === undefined) throw new CalaError("filter-invalid", `invalid filter "${key}"`, { hint: `filters are ${Object.keys(filters).join(", ")}` });
    byKey.set(key, [...(byKey.get(key) ?? []), make(value, isUsed)]);
  }
  return (network) => [...byKey].every(([key, tests]) => (key.startsWith("label") ? tests.every((test) => test(network)) : tests.some((test) => test(network))));
}

function matching(value: string, of: (network: NetworkRecord) => string): Test {
  try {
    const pattern = new RegExp(value);
    return (network) => pattern.test(of(network));
  } catch {
    return (network) => of(network).includes(value);
  }
}

function labelled(value: string): Test {
  const at = value.indexOf("=");
  const key = at === -1 ? value : value.slice(0, at);
  return ({ labels }) => Object.hasOwn(labels, key) && (at === -1 || labels[key] === value.slice(at + 1));
}
