import type { CheckReport } from "../../../core/system/damage.ts";
import type { Context } from "../../context.ts";
import { defineCommand } from "../../command.ts";
import { durationMs, flag, value } from "../../option.ts";

export const command = defineCommand({
  description: "Looks for damage in the store: documents, records, names, and every layer, which is put together again and compared with its digest and its tree. Ends with 1 when something is damaged. With --repair it mends what it finds: only what is damaged is fetched again from where the image came from, and what cannot come back is removed.",
  examples: ["cala system check", "cala system check --quick", "cala system check --repair", "cala system check --repair --force"],
  options: {
    force: flag("-f, --force", "With --repair, also remove containers that need what cannot be mended"),
    max: value("-m, --max", "DURATION", "How old unused layers may be before they are told of, or removed by --repair", { parse: durationMs, initial: "24h" }),
    quick: flag("-q, --quick", "Do not read the layers' files"),
    repair: flag("-r, --repair", "Mend what is damaged"),
  },
  async run({ options, context }) {
    const { checkStore } = await import("../../../core/system/check.ts");
    const report = await checkStore(context.engine, { quick: options.quick, unusedMs: options.max, signal: context.signal });
    for (const { kind, object, reason } of report.damages) context.print(`damaged ${kind} "${object}": ${reason}`);
    if (report.unused.length > 0 && !options.repair) context.warn(`${report.unused.length} layers that nothing needs are kept (cala system check --repair, or cala image prune, removes them)`);
    if (!options.repair || (report.damages.length === 0 && report.unused.length === 0)) return await verdict(context, report);
    return await repair(context, report, options.force);
  },
});

async function verdict(context: Context, report: CheckReport): Promise<number> {
  if (report.damages.length > 0) throw (await import("../../../core/system/repair.ts")).leftDamaged(report.damages.length);
  context.print(`no damage: ${report.images} images, ${report.layers} layers, ${report.containers} containers`);
  return 0;
}

async function repair(context: Context, report: CheckReport, force: boolean): Promise<number> {
  const [{ repairStore, leftDamaged }, { collectAfter }] = await Promise.all([import("../../../core/system/repair.ts"), import("../../../core/image/collect.ts")]);
  const steps = await repairStore(context.engine, report.damages, { force, signal: context.signal });
  for (const { outcome, text } of steps) context.print(`${outcome}: ${text}`);
  const left = steps.filter(({ outcome }) => outcome === "kept").length;
  // Records that cannot be read may need any layer: nothing is collected before all is well.
  if (left > 0) throw leftDamaged(left);
  if (report.unused.length === 0) return 0;
  const { collected } = await collectAfter(context.engine, async () => await Promise.resolve(), report.unused);
  if (collected.diffIds.length > 0) context.print(`removed: ${collected.diffIds.length} layers that nothing needs`);
  return 0;
}
