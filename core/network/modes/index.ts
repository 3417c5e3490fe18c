/** THE list of network modes; the order is the order of preference for `default`. */
import { container } from "./container.ts";
import { host } from "./host.ts";
import type { NetworkMode } from "./mode.ts";
import { none } from "./none.ts";
import { ns } from "./ns.ts";
import { pasta } from "./pasta.ts";
import { slirp4netns } from "./slirp4netns.ts";

/** One line per mode. */
export const networkModes: readonly NetworkMode[] = [pasta, slirp4netns, none, host, container, ns];
