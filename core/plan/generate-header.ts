/** Writes native/plan-ops.h, the C side of `ops.ts`. Run by the build: `node generate-header.js [FILE]`. */
import { ops, planConstants, planFormat, sectionNames, type ArgumentType, type OpDefinition } from "./ops.ts";

const cTypes: Readonly<Record<ArgumentType, string>> = {
  u32: "uint32_t ", i32: "int32_t ", u64: "uint64_t ", string: "const char *", path: "const char *", list: "struct plan_list ", bytes: "struct plan_bytes ",
};
const argumentLetters: Readonly<Record<ArgumentType, string>> = { u32: "u", i32: "i", u64: "U", string: "s", path: "p", list: "l", bytes: "b" };

function snake(name: string): string {
  return name.replaceAll("-", "_").replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const upper = (name: string): string => snake(name).toUpperCase();

function constants(): string[] {
  const format = [
    `#define PLAN_MAGIC ${planFormat.magic}u`, `#define PLAN_VERSION ${planFormat.version}u`, `#define PLAN_HEADER_BYTES ${planFormat.headerBytes}u`,
    `#define PLAN_OP_BYTES ${planFormat.opBytes}u`, `#define PLAN_MAX_BYTES ${planFormat.maxBytes}u`, `#define PLAN_MAX_OPS ${planFormat.maxOps}u`,
  ];
  const groups = Object.entries(planConstants).flatMap(([group, values]) => Object.entries(values).map(([name, value]) => `#define PLAN_${upper(group)}_${upper(name)} ${value}u`));
  return [...format, "", ...groups];
}

function structure(name: string, definition: OpDefinition): string {
  const fields = Object.entries(definition.arguments);
  if (fields.length === 0) return "";
  const members = fields.map(([field, type]) => `  ${cTypes[type]}${snake(field)};`).join("\n");
  const reads = fields.map(([field, type]) => `  out->${snake(field)} = plan_take_${type === "path" ? "string" : type}(&cursor);`).join("\n");
  return [
    `struct op_${snake(name)} {`, members, "};",
    `static inline void op_${snake(name)}_read(const struct plan_op *op, struct op_${snake(name)} *out) {`,
    "  const unsigned char *cursor = op->arguments;", reads, "}", "",
  ].join("\n");
}

/** The whole header as text. */
export function planOpsHeader(): string {
  const entries = Object.entries<OpDefinition>(ops);
  const table = entries.map(([name, definition]) => {
    const letters = Object.values(definition.arguments).map((type) => argumentLetters[type]).join("");
    return `  X(${upper(name)}, ${snake(name)}, ${definition.code}, PLAN_SECTION_${upper(definition.section)}, ${definition.rank}, ${definition.single === true ? 1 : 0}, "${letters}")`;
  });
  return [
    "/* Generated from core/plan/ops.ts by core/plan/generate-header.ts; do not edit. */",
    "#ifndef CALA_PLAN_OPS_H", "#define CALA_PLAN_OPS_H", "", '#include "plan.h"', "",
    ...constants(), "",
    "enum plan_section {", ...sectionNames.map((name, index) => `  PLAN_SECTION_${upper(name)} = ${index},`), `  PLAN_SECTION_COUNT = ${sectionNames.length}`, "};", "",
    "enum plan_code {", ...entries.map(([name, definition]) => `  OP_${upper(name)} = ${definition.code},`), "};", "",
    "/* X(NAME, name, code, section, rank, single, argument types) */",
    "#define PLAN_OP_TABLE(X) \\", table.join(" \\\n"), "",
    ...entries.map(([name, definition]) => structure(name, definition)).filter((text) => text !== ""),
    "#endif", "",
  ].join("\n");
}
