/** Events of containers, whoever writes them: a verb, or the monitor and `exec` from their plans. */
import type { Engine } from "../engine.ts";
import { eventsFile } from "../dirs/paths.ts";
import { emitEvent, eventFileBytes, eventSubject, type EventInput } from "../event/emit.ts";
import type { EventsLaunch } from "../plan/launch-details.ts";
import type { ContainerRecord } from "./record.ts";

type Subject = Pick<ContainerRecord, "id" | "name" | "imageName" | "labels">;

/** Notes that something happened to a container. `attributes` come beside its labels. */
export function containerEvent(engine: Pick<Engine, "dirs">, record: Subject, status: string, more: Pick<EventInput, "attributes" | "exitCode"> = {}): void {
  emitEvent(engine, { type: "container", status, ...aboutContainer(record), ...more, attributes: { ...record.labels, ...more.attributes } });
}

/** The same for the native program. */
export function containerEvents(engine: Pick<Engine, "dirs">, record: Subject): EventsLaunch {
  return { file: eventsFile(engine.dirs), maxBytes: eventFileBytes, subject: subjectText(record) };
}

/** `"ID":"…","Name":"…"`: what `event-subject` holds, and what a plan says. */
export function subjectText(record: Subject): string {
  return JSON.stringify(eventSubject(aboutContainer(record))).slice(1, -1);
}

function aboutContainer({ id, name, imageName, labels }: Subject): Pick<EventInput, "id" | "name" | "image" | "attributes"> {
  return { id, name, image: imageName, attributes: labels };
}
