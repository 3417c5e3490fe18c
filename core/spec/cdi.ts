/** Container Device Interface: what a device's description changes in a container (CNCF CDI specification 0.8). */
import { CalaError } from "../base/error.ts";

/** A program that a description wants to be run. */
export interface CdiHook {
  readonly hookName: string;
  readonly path: string;
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  /** Seconds. */
  readonly timeout?: number;
}

/** `containerEdits` of a description. */
export interface CdiEdits {
  readonly env?: readonly string[];
  readonly deviceNodes?: readonly { readonly path: string; readonly hostPath?: string; readonly permissions?: string }[];
  readonly mounts?: readonly { readonly hostPath: string; readonly containerPath: string; readonly type?: string; readonly options?: readonly string[] }[];
  readonly hooks?: readonly CdiHook[];
  readonly additionalGids?: readonly number[];
  readonly netDevices?: readonly unknown[];
  readonly intelRdt?: unknown;
}

/** One description file. */
export interface CdiSpec {
  readonly cdiVersion: string;
  /** `vendor.com/class`. */
  readonly kind: string;
  readonly devices: readonly { readonly name: string; readonly containerEdits: CdiEdits }[];
  readonly containerEdits?: CdiEdits;
}

/** Whether a word of --device is a CDI name: `vendor.com/class=name`. */
export function isCdiName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]*\/[A-Za-z0-9][A-Za-z0-9_.-]*=[A-Za-z0-9][A-Za-z0-9_.:-]*$/.test(text);
}

/** Checks the shape of a parsed description. @throws CalaError `cdi-spec-invalid` */
export function checkCdiSpec(document: unknown, file: string): CdiSpec {
  const spec = document as Partial<CdiSpec> | null;
  const invalid = (reason: string): CalaError => new CalaError("cdi-spec-invalid", `the CDI description "${file}" is invalid: ${reason}`);
  if (typeof spec !== "object" || spec === null) throw invalid("it is not an object");
  if (typeof spec.cdiVersion !== "string" || !/^v?[01]\./.test(spec.cdiVersion)) throw invalid(`its version "${String(spec.cdiVersion)}" is not known`);
  if (typeof spec.kind !== "string" || !isCdiName(`${spec.kind}=x`)) throw invalid(`its kind "${String(spec.kind)}" is not VENDOR/CLASS`);
  if (!Array.isArray(spec.devices) || spec.devices.some((device) => typeof device?.name !== "string")) throw invalid("its devices have no names");
  return spec as CdiSpec;
}

/** Descriptions in rising order of precedence: each list holds the files of one directory. */
export type CdiLibrary = readonly (readonly { readonly file: string; readonly spec: CdiSpec }[])[];

/**
 * All edits for some devices, in order, those common to a kind once. A name in a later directory hides that in an earlier one.
 * @throws CalaError `cdi-device-unknown`, `cdi-device-ambiguous`
 */
export function cdiEdits(library: CdiLibrary, names: readonly string[]): CdiEdits[] {
  const edits: CdiEdits[] = [];
  const common = new Set<string>();
  for (const name of names) {
    const found = findDevice(library, name);
    if (found.spec.containerEdits !== undefined && !common.has(found.file)) edits.push(found.spec.containerEdits);
    common.add(found.file);
    edits.push(found.edits);
  }
  return edits;
}

function findDevice(library: CdiLibrary, name: string): { readonly file: string; readonly spec: CdiSpec; readonly edits: CdiEdits } {
  const [kind = "", device = ""] = name.split("=");
  for (const directory of [...library].reverse()) {
    const matches = directory.flatMap(({ file, spec }) => (spec.kind === kind ? spec.devices.filter((each) => each.name === device).map((each) => ({ file, spec, edits: each.containerEdits ?? {} })) : []));
    if (matches.length > 1) throw new CalaError("cdi-device-ambiguous", `the CDI device "${name}" is described twice, in ${matches.map(({ file }) => `"${file}"`).join(" and ")}`);
    if (matches[0] !== undefined) return matches[0];
  }
  const known = library.flat().flatMap(({ spec }) => spec.devices.map((each) => `${spec.kind}=${each.name}`));
  throw new CalaError("cdi-device-unknown", `unresolvable CDI device "${name}"`, { hint: known.length === 0 ? "there is no CDI description here; for NVIDIA: nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml" : `there are ${[...new Set(known)].slice(0, 10).join(", ")}` });
}

/** Refuses what cannot be done. @throws CalaError `cdi-unsupported` */
export function checkCdiEdits(edits: readonly CdiEdits[]): void {
  for (const { hooks = [], netDevices = [], intelRdt } of edits) {
    const hook = hooks.find(({ hookName }) => hookName !== "createContainer");
    if (hook !== undefined) throw new CalaError("cdi-unsupported", `the CDI device wants the ${hook.hookName} hook "${hook.path}", and cala runs createContainer hooks only`);
    if (netDevices.length > 0) throw new CalaError("cdi-unsupported", "the CDI device is a network device, which an ordinary user cannot move");
    if (intelRdt !== undefined) throw new CalaError("cdi-unsupported", "the CDI device wants a class of Intel RDT, which only root can make");
  }
}
