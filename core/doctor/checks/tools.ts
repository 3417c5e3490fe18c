import type { Check } from "../check.ts";

/** A program of the host that cala can do without, at a cost. */
export function toolCheck(name: string): Check {
  return {
    code: `${name}-missing`, level: "note", summary: `${name} is there`,
    examine: ({ tools }) => {
      const tool = tools.find((each) => each.name === name);
      return tool === undefined || tool.present ? undefined : { message: `"${name}" is not installed: ${tool.cost}`, fix: tool.install };
    },
  };
}
