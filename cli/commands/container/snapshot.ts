import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { argument, flag, rest } from "../../option.ts";

export const command = defineCommand({
  description: "Keeps the files of a container that does not run as a snapshot and prints its name. Nothing is copied, however large they are: what the container has written becomes a layer below it. Volumes and mounts are not part of it. With --rm snapshots are forgotten; the container's files stay.",
  examples: ["cala container snapshot web before-upgrade", "cala container rollback web before-upgrade", "cala container snapshot --rm web before-upgrade"],
  arguments: { container: argument("CONTAINER", { complete: "containers" }), tags: rest("TAG", { usage: "[TAG...]" }) },
  options: { rm: flag("--rm", "Forget these snapshots instead") },
  async run({ options, args, context }) {
    const [{ findContainer }, { takeSnapshot, forgetSnapshots }] = await Promise.all([import("../../../core/container/store.ts"), import("../../../core/container/snapshot.ts")]);
    const record = findContainer(context.engine.dirs, args.container);
    if (options.rm) {
      if (args.tags.length === 0) throw new CalaError("snapshot-missing", "you must name at least one snapshot", { hint: `cala container snapshots ${record.name}` });
      await forgetSnapshots(context.engine, record, args.tags);
      for (const tag of args.tags) context.print(tag);
      return;
    }
    const [tag, another] = args.tags;
    if (another !== undefined) throw new CalaError("arguments-conflict", "a snapshot has one name");
    context.print(await takeSnapshot(context.engine, record, tag));
  },
});
