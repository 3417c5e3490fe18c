import { readFileSync } from "node:fs";
import { CalaError, isErrno, reasonOf } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { argument, flag } from "../../option.ts";

export const command = defineCommand({
  description: `Prints the launch plan of a container: every operation that the native program does to start it, in order.

    The plan is made when the container is created or started, and lies beside it. With --file, the argument is the path of a plan.`,
  examples: ["cala debug plan web", "cala debug plan --file ./plan"],
  arguments: { container: argument("CONTAINER", { complete: "containers" }) },
  options: { file: flag("--file", "Read the plan from a file of that path") },
  async run({ args, options, context }) {
    const { decodePlan, listPlan } = await import("../../../core/plan/decode.ts");
    const path = options.file ? args.container : await planOf(args.container);
    context.out.write(`${listPlan(decodePlan(readPlan(path))).trimEnd()}\n`);

    async function planOf(name: string): Promise<string> {
      const [{ findContainer }, { containerDir, containerFiles }] = await Promise.all([import("../../../core/container/store.ts"), import("../../../core/dirs/paths.ts")]);
      const { dirs } = context.engine;
      return containerFiles.plan(containerDir(dirs, findContainer(dirs, name).id));
    }
  },
});

function readPlan(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isErrno(error, "ENOENT")) throw new CalaError("plan-missing", `there is no plan "${path}"`, { cause: error, hint: "cala ps --all lists the containers" });
    throw new CalaError("plan-unreadable", `cannot read the plan "${path}": ${reasonOf(error)}`, { cause: error });
  }
}
