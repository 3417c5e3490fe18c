/** Makes native/plan-ops.h, the C side of `ops.ts`: tables, from which macros of native/plan.h make types and readers. */
import { ops, planConstants, planFormat, sectionNames, type ArgumentType, type OpDefinition } from "./ops.ts";

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

function fieldsOf(name: string, definition: OpDefinition): string[] {
  const fields = Object.entries(definition.arguments).map(([field, type]) => `F(${type}, ${snake(field)})`);
  return fields.length === 0 ? [] : [`#define OP_${upper(name)}_FIELDS(F) ${fields.join(" ")}`, `PLAN_OP_READER(${snake(name)}, OP_${upper(name)}_FIELDS)`];
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
    "/* X(NAME, name, code, section, rank, single, argument types) */",
    "#define PLAN_OP_TABLE(X) \\", table.join(" \\\n"), "",
    "#define PLAN_CODE(NAME, name, code, section, rank, single, types) OP_##NAME = code,", "enum plan_code { PLAN_OP_TABLE(PLAN_CODE) };", "",
    "/* The arguments of each op that has any. F(type, name) */",
    ...entries.flatMap(([name, definition]) => fieldsOf(name, definition)), "",
    "#endif", "",
  ].join("\n");
}
