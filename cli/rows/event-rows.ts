/** Lines of `events`: podman's text, JSON, or a template over the fields that podman-events(1) lists. */
import { shortId } from "../../core/base/id.ts";
import type { EventRecord } from "../../core/event/read.ts";
import { compileTemplate } from "../output/template.ts";

/** What turns events into lines. @throws CalaError `template-invalid` */
export function eventPrinter(format: string | undefined, noTrunc: boolean): (event: EventRecord) => string {
  const whole = (event: EventRecord): EventRecord => (noTrunc || event.ID === undefined ? event : { ...event, ID: shortId(event.ID.replace(/^sha256:/, "")) });
  if (format === undefined) return (event) => eventText(whole(event));
  if (format.trim() === "json") return (event) => JSON.stringify(eventDocument(whole(event)));
  const template = compileTemplate(format.replaceAll("\\t", "\t").replaceAll("\\n", "\n"));
  return (event) => template.render(eventRow(whole(event)));
}

/** `2026-01-31 12:00:00.123456 +0000 UTC container died ID (image=…, name=…, …)`. */
function eventText(event: EventRecord): string {
  const { Type, Status, ID = "", Name = "", Image = "" } = event;
  const head = `${goTime(event.Time)} ${Type} ${Status}`;
  if (Type === "volume" || Type === "secret") return `${head} ${Name}`;
  if (Type === "image") return `${head} ${ID} ${Name}`;
  if (Type === "system") return Name === "" ? head : `${head} ${Name}`;
  const details = Type === "network" ? [["name", Name]] : [["image", Image], ["name", Name]];
  const health = event.health_status === undefined ? [] : [["health_status", event.health_status]];
  const words = [...details, ...health, ...Object.entries(event.Attributes ?? {}).sort()].map(([key, text]) => `${key}=${text}`);
  return `${head} ${ID} (${words.join(", ")})`;
}

function goTime(time: string): string {
  return time.replace("T", " ").replace("Z", " +0000 UTC");
}

/** The object of `--format json`, with what podman always has. */
function eventDocument(event: EventRecord): object {
  return { ...event, Attributes: event.Attributes ?? null };
}

/** Fields for templates. */
function eventRow(event: EventRecord): object {
  const { Time, Type, Status, ID = "", Name = "", Image = "", ContainerExitCode = 0, health_status: HealthStatus = "", Attributes = {} } = event;
  return { Time: goTime(Time), TimeNano: nanoseconds(Time), Type, Status, ID, Name, Image, ContainerExitCode, HealthStatus, Attributes, Details: { Attributes, ID: "" }, Network: "", PodID: "" };
}

function nanoseconds(time: string): string {
  const fraction = /\.(\d+)Z$/.exec(time)?.[1] ?? "";
  return `${Math.floor(Date.parse(time) / 1000)}${fraction.padEnd(9, "0").slice(0, 9)}`;
}
