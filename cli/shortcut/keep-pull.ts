/** Keeps a pull that found nothing new as a template, from which the native launcher answers the next ones of such words by itself. */
import { statSync } from "node:fs";
import { dirname } from "node:path";
import type { Dirs } from "../../core/dirs/dirs.ts";
import { launchTemplatesDir } from "../../core/dirs/paths.ts";
import type { PlainQuestion } from "../../core/registry/manifests.ts";
import { actionTypes } from "./guard.ts";
import { noteRecord } from "./keep-launch.ts";
import { storeShared } from "./store-template.ts";
import { guardRecord, numbers32, type TemplateRecord } from "./template.ts";
import { currentTrace, type Said } from "./trace.ts";

const namedHost = /^[\d.]+$|^\[/;

/**
 * Ends the watch over a pull and leaves its template, if the launcher asked for one and nothing was done but asking. To be called when all
 * has been said.
 * @param question what the registry was asked; its answer was the digest of what is here
 */
export function keepPull(dirs: Dirs, question: PlainQuestion): void {
  const trace = currentTrace();
  if (trace === undefined || dirname(trace.path) !== launchTemplatesDir(dirs)) return;
  // The name of this machine's own was looked up there.
  if (!namedHost.test(question.hostname)) statSync("/etc/hosts");
  if (!trace.finish({ asking: true }) || trace.own !== undefined) return;
  storeShared(trace.path, [
    ...[...trace.guards.values()].map(guardRecord), askRecord(question), ...trace.said.map(sayRecord), ...trace.notes.map((note) => noteRecord(note, {})),
  ]);
}

function askRecord({ address, port, words, digest }: PlainQuestion): TemplateRecord {
  return [actionTypes.ask, Buffer.concat([numbers32(port, Buffer.byteLength(words)), Buffer.from(`${address}\0${words}\0${digest}`)])];
}

function sayRecord({ descriptor, bytes }: Said): TemplateRecord {
  return [actionTypes.say, Buffer.concat([numbers32(descriptor), bytes])];
}
