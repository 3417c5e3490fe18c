import { parsePreservedFd } from "../../core/host/preserved-fds.ts";
import { list, value, wholeNumber } from "../option.ts";

/** Descriptors beyond the standard streams: shared by run and exec. */
export const preserveOptions = {
  preserveFd: list("--preserve-fd", "FD", "Hand these descriptors of the caller's on, under the same numbers", { commas: true, parse: parsePreservedFd }),
  preserveFds: value("--preserve-fds", "NUMBER", "Hand so many descriptors of the caller's on, from 3 on", { parse: wholeNumber(0, 1000) }),
} as const;
