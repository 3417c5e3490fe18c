import { spawn, spawnSync } from "node:child_process";
import type { Measurement } from "../measurement.ts";

/** From the SIGKILL of a process until nothing of the container that was leased to it is there. */
export const endLease: Measurement = {
  name: "lease", title: "a container that ignores SIGTERM is gone after its `--lease` process was killed (none of the others can)", unit: "ms", ceiling: 3000, rounds: 3, images: ["busybox"], isAlone: true,
  prepare: (engine) => void engine.output("pull", "-q", "busybox"),
  measure: (engine, round) => {
    const holder = spawn("sleep", ["1000"], { stdio: "ignore" });
    const name = `leased-${round}`;
    engine.output("run", "-d", "--name", name, "--network", "none", "-v", "/anonymous", "--lease", `pid:${holder.pid ?? 0}`, "busybox", "sh", "-c", "trap '' TERM; sleep 1000");
    const started = process.hrtime.bigint();
    holder.kill("SIGKILL");
    while (engine.output("ps", "-aq", "--filter", `name=${name}`) !== "" || engine.output("volume", "ls", "-q") !== "") spawnSync("sleep", ["0.02"]);
    return Number(process.hrtime.bigint() - started) / 1e6;
  },
};
