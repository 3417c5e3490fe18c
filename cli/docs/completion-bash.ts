import type { DescribedTree } from "./describe.ts";
export function bashScript(_described: DescribedTree): string { return ""; }
