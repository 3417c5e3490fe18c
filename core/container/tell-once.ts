import { toldFile } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { readJsonIfThere } from "../fs/read-json.ts";
import { writeJson } from "../fs/write-atomic.ts";
import { currentBootId } from "../monitor/state.ts";

interface Told {
  readonly bootId: string;
  readonly texts: readonly string[];
}

/** Tells the user what this host lacks, once per boot; `cala info` always says it. */
export function tellOnce(engine: Engine, text: string): void {
  const file = toldFile(engine.dirs);
  const bootId = currentBootId();
  const told = readJsonIfThere<Told>(file);
  const texts = told?.bootId === bootId ? told.texts : [];
  if (texts.includes(text)) return;
  engine.notice(text);
  writeJson(file, { bootId, texts: [...texts, text] } satisfies Told);
}
