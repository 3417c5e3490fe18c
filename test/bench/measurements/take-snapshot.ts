import type { Measurement } from "../measurement.ts";

/** Five gigabytes that have their blocks, some of which the disk has not seen yet, and directories of small files. */
const fill = "for f in 1 2 3 4 5; do fallocate -l 960M /large-$f; done; dd if=/dev/zero of=/dirty bs=1M count=320 2>/dev/null; for d in $(seq 100); do mkdir /dir-$d; for f in $(seq 20); do echo $f >/dir-$d/$f; done; done";

/** A snapshot of what a container has written. */
export const takeSnapshot: Measurement = {
  name: "snapshot", title: "`container snapshot` of a container that has written 5 GB (none of the others can)", unit: "ms", ceiling: 300, rounds: 5, images: ["busybox"], isAlone: true,
  prepare: (engine) => void engine.output("pull", "-q", "busybox"),
  measure: (engine, round) => {
    const name = `written-${round}`;
    engine.output("run", "--name", name, "--network", "none", "busybox", "sh", "-c", fill);
    const ms = engine.time("container", "snapshot", name);
    engine.output("rm", name);
    return ms;
  },
};
