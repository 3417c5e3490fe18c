import { libcFunction } from "./koffi.ts";

const createRuleset = 444;
const askVersion = 1;

/** The version of landlock(7) that the kernel offers to everybody; 0: none. */
export function landlockVersion(): number {
  const call = libcFunction("long syscall(long number, void *attributes, size_t size, uint32_t flags)");
  return Math.max(0, Number(call(createRuleset, null, 0, askVersion)));
}
