import { CalaError } from "../../../core/base/error.ts";
import type { NetworkRecord } from "../../../core/network/user/record.ts";
import type { Context } from "../../context.ts";
import { defineCommand } from "../../command.ts";
import { eachTarget } from "../../each-target.ts";
import { flag, rest, value, wholeNumber } from "../../option.ts";

export const command = defineCommand({
  description: "Removes networks. One that a container is on is removed only with --force, and the container with it.",
  examples: ["cala network rm shop", "cala network rm --force shop"],
  arguments: { networks: rest("NETWORK", { complete: "networks", minimum: 1 }) },
  options: {
    force: flag("-f, --force", "Remove the containers that are on it, too; do not mind networks that do not exist"),
    time: value("-t, --time, --timeout", "SECONDS", "Seconds to wait before killing a container, with --force (-1: for ever)", { parse: wholeNumber(-1), defaultText: "10, or the container's own" }),
  },
  async run({ options, args, context }) {
    const [{ findNetwork }, { removeNetwork }, { networkUsers }] = await Promise.all([
      import("../../../core/network/user/record.ts"), import("../../../core/network/user/remove.ts"), import("../../../core/container/network-users.ts"),
    ]);
    const { dirs } = context.engine;
    return await eachTarget(context, args.networks, async (name) => {
      try {
        const network = findNetwork(dirs, name);
        if (options.force) await removeUsers(context, network, options.time);
        await removeNetwork(dirs, network, (record) => networkUsers(dirs, record).map(({ id }) => id));
        return name;
      } catch (error) {
        if (options.force && error instanceof CalaError && error.code === "network-unknown") return undefined;
        throw error;
      }
    });
  },
});

/** Removes the containers that are in a network's way. */
async function removeUsers(context: Context, network: NetworkRecord, timeoutSeconds: number | undefined): Promise<void> {
  const [{ removeContainer }, { networkUsers }] = await Promise.all([import("../../../core/container/remove.ts"), import("../../../core/container/network-users.ts")]);
  for (const record of networkUsers(context.engine.dirs, network)) {
    await removeContainer(context.engine, record, { force: true, volumes: false, ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }) });
  }
}
