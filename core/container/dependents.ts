import type { Engine } from "../engine.ts";
import { isUnknownContainer } from "./errors.ts";
import type { ContainerRecord } from "./record.ts";
import { findContainer, listRecords } from "./store.ts";

/** The containers that another one needs to run: required ones, and those whose namespaces it joins. Names that mean nothing any more are left out. */
export function dependenciesOf(engine: Engine, record: ContainerRecord): ContainerRecord[] {
  const { requires = [], namespaces, network } = record.request;
  const joined = [...Object.values(namespaces), ...network.modes].flatMap((mode) => (typeof mode === "string" && mode.startsWith("container:") ? [mode.slice("container:".length)] : []));
  const found = [...requires, ...joined].flatMap((name): ContainerRecord[] => {
    try {
      return [findContainer(engine.dirs, name)];
    } catch (error) {
      if (isUnknownContainer(error)) return [];
      throw error;
    }
  });
  return [...new Map(found.map((each) => [each.id, each])).values()];
}

/** The containers that need this one, directly or through others; the last of them first. */
export function dependentsOf(engine: Engine, record: ContainerRecord): ContainerRecord[] {
  const all = listRecords(engine.dirs, () => undefined);
  const found = new Map<string, ContainerRecord>();
  const visit = (id: string): void => {
    for (const other of all) {
      if (other.id === record.id || found.has(other.id) || !dependenciesOf(engine, other).some((each) => each.id === id)) continue;
      visit(other.id);
      found.set(other.id, other);
    }
  };
  visit(record.id);
  return [...found.values()];
}
