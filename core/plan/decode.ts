/** Plan bytes back to ops and to a listing, for `cala debug plan` and golden tests. */
import { CalaError } from "../base/error.ts";
import { capabilityNames } from "./capabilities.ts";
import { planKinds, type PlanKind } from "./encode.ts";
import { ops, planFormat, sectionNames, type ArgumentType, type OpDefinition, type OpName, type SectionName } from "./ops.ts";

/** A value of an argument; which kind, the op table says. */
export type DecodedValue = number | bigint | string | readonly string[] | Uint8Array;

/** One op, taken apart. */
export interface DecodedOp {
  readonly index: number;
  readonly section: SectionName;
  readonly name: OpName;
  readonly ignoresFailure: boolean;
  readonly values: Readonly<Record<string, DecodedValue>>;
}

/** A plan, taken apart; its ops in the order of the file. */
export interface DecodedPlan {
  readonly kind: PlanKind;
  readonly ops: readonly DecodedOp[];
}

const byCode = new Map<number, OpName>(Object.entries<OpDefinition>(ops).map(([name, definition]) => [definition.code, name as OpName]));

/** Reads a plan that cala wrote. @throws CalaError `plan-damaged` */
export function decodePlan(bytes: Uint8Array): DecodedPlan {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    if (view.readUInt32LE(0) !== planFormat.magic || view.readUInt32LE(4) !== planFormat.version) throw new RangeError("not a plan of this version");
    const count = view.readUInt32LE(16);
    const argumentsOffset = view.readUInt32LE(24);
    return { kind: planKinds[view.readUInt32LE(8)] ?? "container", ops: Array.from({ length: count }, (_, index) => decodeOp(view, index, argumentsOffset)) };
  } catch (error) {
    throw new CalaError("plan-damaged", "the launch plan is damaged", { cause: error });
  }
}

function decodeOp(view: Buffer, index: number, argumentsOffset: number): DecodedOp {
  const record = planFormat.headerBytes + index * planFormat.opBytes;
  const name = byCode.get(view.readUInt16LE(record));
  if (name === undefined) throw new RangeError(`op ${index} is unknown`);
  const definition: OpDefinition = ops[name];
  const reader = new Reader(view, argumentsOffset + view.readUInt32LE(record + 4));
  const values = Object.fromEntries(Object.entries(definition.arguments).map(([key, type]) => [key, reader.take(type)]));
  return { index, section: definition.section, name, ignoresFailure: view.readUInt8(record + 2) === 1, values };
}

class Reader {
  readonly #view: Buffer;
  #at: number;

  constructor(view: Buffer, at: number) {
    this.#view = view;
    this.#at = at;
  }

  take(type: ArgumentType): DecodedValue {
    if (type === "u32") return this.#view.readUInt32LE(this.#move(4));
    if (type === "i32") return this.#view.readInt32LE(this.#move(4));
    if (type === "u64") return this.#view.readBigUInt64LE(this.#move(8));
    if (type === "bytes") return this.#bytes(0);
    if (type === "list") return Array.from({ length: this.#view.readUInt32LE(this.#move(4)) }, () => this.#bytes(1).toString());
    return this.#bytes(1).toString();
  }

  #bytes(closing: number): Buffer {
    const length = this.#view.readUInt32LE(this.#move(4));
    const start = this.#move((length + closing + 3) & ~3);
    return this.#view.subarray(start, start + length);
  }

  #move(bytes: number): number {
    const at = this.#at;
    this.#at += bytes;
    if (this.#at > this.#view.length) throw new RangeError("arguments end too early");
    return at;
  }
}

/** One line per op below the names of their sections. */
export function listPlan(plan: DecodedPlan): string {
  const lines = sectionNames.flatMap((section) => {
    const members = plan.ops.filter((decoded) => decoded.section === section);
    return members.length === 0 ? [] : [`${section}:`, ...members.map(listOp)];
  });
  return `${lines.join("\n")}\n`;
}

function listOp(decoded: DecodedOp): string {
  const capabilities = decoded.name === "capabilities" || decoded.name === "bounding-capabilities";
  const values = Object.entries(decoded.values).map(([key, value]) => `${key}=${capabilities ? capabilityNames(value as bigint).join(",") : listValue(value)}`);
  return `  ${String(decoded.index).padStart(3)} ${[decoded.name, ...values].join(" ")}${decoded.ignoresFailure ? " (may fail)" : ""}`;
}

function listValue(value: DecodedValue): string {
  if (typeof value === "number") return value > 9 ? `0x${value.toString(16)}` : String(value);
  if (typeof value === "bigint") return value > 9n ? `0x${value.toString(16)}` : String(value);
  if (value instanceof Uint8Array) return `<${value.length} bytes>`;
  return JSON.stringify(value);
}
