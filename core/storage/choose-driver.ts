import type { Engine } from "../engine.ts";
/** temporary */
export async function chooseDriver(_engine: Engine): Promise<{ readonly name: string }> {
  return { name: "overlay" };
}
