/** The `--filter` keys of `events` (podman-events(1)); each key is one line of the table below. */
import { CalaError } from "../base/error.ts";
import type { EventRecord } from "./read.ts";

type Predicate = (event: EventRecord) => boolean;

const about = (type: string, value: string): Predicate => (event) => event.Type === type && (event.Name === value || (event.ID ?? "").startsWith(value));

const filters: Readonly<Record<string, (value: string) => Predicate>> = {
  container: (value) => about("container", value),
  event: (value) => (event) => event.Status === (eventWords[value] ?? value),
  image: (value) => (event) => isNamed((event.Type === "image" ? event.Name : event.Image) ?? "", value) || about("image", value)(event),
  label: (value) => byLabel(value),
  network: (value) => about("network", value),
  pod: (value) => about("pod", value),
  type: (value) => (event) => event.Type === value,
  volume: (value) => about("volume", value),
};

/** docker's words for podman's. */
const eventWords: Readonly<Record<string, string>> = { die: "died", destroy: "remove", delete: "remove", exec_die: "exec_died" };

/** One predicate from all filters: values of one key are alternatives, different keys must all hold. @throws CalaError `filter-invalid` */
export function eventFilter(pairs: readonly (readonly [key: string, value: string])[]): Predicate {
  const byKey = new Map<string, Predicate[]>();
  for (const [key, value] of pairs) {
    const make = filters[key];
    if (make === undefined) throw new CalaError("filter-invalid", `"${key}" is not a filter for events`, { hint: `filters are ${Object.keys(filters).join(", ")}` });
    byKey.set(key, [...(byKey.get(key) ?? []), make(value)]);
  }
  return (event) => [...byKey.values()].every((alternatives) => alternatives.some((test) => test(event)));
}

/** Whether a full reference is what the user may write for it: without registry, path or tag. */
function isNamed(reference: string, value: string): boolean {
  return [reference, reference.replace(/:[^/:]*$/, "")].some((name) => name === value || name.endsWith(`/${value}`));
}

function byLabel(value: string): Predicate {
  const [key = "", ...rest] = value.split("=");
  return ({ Attributes: labels = {} }) => Object.hasOwn(labels, key) && (rest.length === 0 || labels[key] === rest.join("="));
}
