/** Plan ops to bytes; the layout is little endian and read by native/plan.c. */
import { assert, present } from "../base/assert.ts";
import { CalaError } from "../base/error.ts";
import { ops, planFormat, policyCodes, sectionNames, type ArgumentType, type OpDefinition, type PlanOp } from "./ops.ts";

/** `container`: a launch. `exec`: a further process of a running container. */
export type PlanKind = "container" | "exec";
export const planKinds: readonly PlanKind[] = ["container", "exec"];

/**
 * Header (64 bytes): magic, version, kind, total bytes, op count, offset of ops, offset of arguments; then per section the index of
 * its first op and their number (u16 each). Ops (12 bytes): u16 code, u8 policy, u8 0, u32 offset into arguments, u32 bytes. Arguments
 * are 4-aligned: u32, i32; u64; string, path: u32 length, bytes, NUL; list: u32 count, strings; bytes: u32 length, bytes.
 * @throws CalaError `plan-too-large`
 */
export function encodePlan(kind: PlanKind, planOps: readonly PlanOp[]): Uint8Array {
  const sorted = sectionNames.map((section) => planOps.filter((planOp) => ops[planOp.name].section === section));
  const ordered = sorted.flat();
  assert(ordered.length === planOps.length && ordered.every((planOp, index) => planOp === planOps[index]), "plan ops are not in the order of their sections");
  const area = new ArgumentArea();
  const records = Buffer.alloc(ordered.length * planFormat.opBytes);
  ordered.forEach((planOp, index) => writeRecord(records, index * planFormat.opBytes, planOp, area));
  const argumentsOffset = planFormat.headerBytes + records.length;
  const total = argumentsOffset + area.length;
  if (total > planFormat.maxBytes || ordered.length > planFormat.maxOps) {
    throw new CalaError("plan-too-large", `the launch plan is too large: ${total} bytes and ${ordered.length} operations`, { hint: "use fewer or shorter mounts, arguments and environment variables" });
  }
  const header = Buffer.alloc(planFormat.headerBytes);
  [planFormat.magic, planFormat.version, planKinds.indexOf(kind), total, ordered.length, planFormat.headerBytes, argumentsOffset].forEach((value, index) => header.writeUInt32LE(value, index * 4));
  let first = 0;
  sorted.forEach((section, index) => {
    header.writeUInt16LE(first, 28 + index * 4);
    header.writeUInt16LE(section.length, 30 + index * 4);
    first += section.length;
  });
  return Buffer.concat([header, records, area.bytes]);
}

function writeRecord(records: Buffer, offset: number, planOp: PlanOp, area: ArgumentArea): void {
  const definition: OpDefinition = ops[planOp.name];
  const start = area.length;
  for (const [name, type] of Object.entries(definition.arguments)) {
    area.add(type, present(planOp.values[name], `plan op ${planOp.name} lacks ${name}`), planOp.origin);
  }
  records.writeUInt16LE(definition.code, offset);
  records.writeUInt8(policyCodes[planOp.policy], offset + 2);
  records.writeUInt32LE(start, offset + 4);
  records.writeUInt32LE(area.length - start, offset + 8);
}

/** One growing buffer: hundreds of small ones would take a start 2 ms. */
class ArgumentArea {
  #bytes = Buffer.alloc(16_384);
  length = 0;

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }

  add(type: ArgumentType, value: PlanOp["values"][string], origin: string): void {
    if (type === "u32" || type === "i32") {
      this.#number(value as number);
    } else if (type === "u64") {
      const offset = this.#take(8);
      this.#bytes.writeBigUInt64LE(value as bigint, offset);
    } else if (type === "list") {
      const list = value as readonly string[];
      this.#number(list.length);
      for (const item of list) this.#string(item, origin);
    } else if (type === "bytes") {
      const bytes = value as Uint8Array;
      this.#number(bytes.length);
      const offset = this.#take(bytes.length);
      this.#bytes.set(bytes, offset);
    } else {
      this.#string(value as string, origin, type === "path" ? 4095 : undefined);
    }
  }

  #number(value: number): void {
    const offset = this.#take(4);
    this.#bytes.writeUInt32LE(value >>> 0, offset);
  }

  #string(text: string, origin: string, longest?: number): void {
    if (text.includes("\0")) throw new CalaError("text-invalid", `${origin}: the text contains a NUL character`);
    const length = Buffer.byteLength(text);
    if (longest !== undefined && length > longest) throw new CalaError("path-too-long", `${origin}: the path is longer than ${longest} bytes`);
    if (longest !== undefined && length === 0) throw new CalaError("path-empty", `${origin}: the path is empty`);
    this.#number(length);
    const offset = this.#take(length + 1);
    this.#bytes.write(text, offset);
  }

  /** Room for so many bytes, zeroed and 4-aligned at its end; may replace the buffer. Returns its offset. */
  #take(count: number): number {
    const offset = this.length;
    this.length += (count + 3) & ~3;
    if (this.length > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.length)]);
    return offset;
  }
}
