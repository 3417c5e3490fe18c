import { entries, groups } from "../commands/index.ts";
import { completionScript, scriptFiles, shells } from "./completion.ts";
import { describeTree } from "./describe.ts";
import { manualPages } from "./man.ts";

/** Every generated and committed file by its path in the project: manual pages and completion scripts. */
export async function generatedFiles(): Promise<Map<string, string>> {
  const described = await describeTree({ entries, groups });
  const files = new Map<string, string>();
  for (const [name, content] of manualPages(described)) files.set(`man/${name}`, content);
  for (const shell of shells) files.set(`completions/${scriptFiles[shell]}`, completionScript(shell, described));
  return files;
}
