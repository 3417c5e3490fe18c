import type { DescribedTree } from "./describe.ts";
export function zshScript(_described: DescribedTree): string { return ""; }
