import type { DescribedTree } from "./describe.ts";
export function fishScript(_described: DescribedTree): string { return ""; }
