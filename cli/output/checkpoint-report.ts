/** What `container checkpoint` and `container restore` print: words or ids; or, with --print-stats, podman's document of times. */
import type { CheckpointOutcome } from "../../core/container/checkpoint.ts";
import type { ContainerRecord } from "../../core/container/record.ts";
import type { Context } from "../context.ts";
import { eachTarget } from "../each-target.ts";

/** What is to be done, in the words of the user. */
export interface CheckpointTask {
  readonly records: readonly ContainerRecord[];
  /** As each was named. */
  readonly words: readonly string[];
  readonly stats: boolean;
  readonly action: "checkpoint" | "restore";
}

/** Does `work` for every container and prints what came of it. @returns the exit code */
export async function reportCheckpoints(context: Context, { records, words, stats, action }: CheckpointTask, work: (record: ContainerRecord) => Promise<CheckpointOutcome>): Promise<number> {
  const begun = process.hrtime.bigint();
  const statistics: object[] = [];
  const code = await eachTarget(context, words, async (word) => {
    const record = records[words.indexOf(word)];
    if (record === undefined) return undefined;
    const { microseconds, criu } = await work(record);
    statistics.push({ Id: record.id, [`runtime_${action}_duration`]: microseconds, criu_statistics: criu });
    return stats ? undefined : word;
  });
  if (stats) context.print(JSON.stringify({ [`podman_${action}_duration`]: Number((process.hrtime.bigint() - begun) / 1000n), container_statistics: statistics }, null, 4));
  return code;
}
