/** libseccomp through koffi: rules in, the kernel's filter program out (seccomp_init(3) and its neighbours). */
import { getSystemErrorName } from "node:util";
import { SysError } from "../base/error.ts";
import { loadKoffi } from "./koffi.ts";

/** A condition on one argument of a system call (`struct scmp_arg_cmp`). */
export interface FilterComparison {
  readonly argument: number;
  /** `enum scmp_compare`. */
  readonly operator: number;
  readonly first: bigint;
  readonly second: bigint;
}

/** What happens to one system call when all comparisons hold. */
export interface FilterRule {
  /** `SCMP_ACT_…` with its number. */
  readonly action: number;
  /** Name of the system call; one that libseccomp does not know is passed over. */
  readonly syscall: string;
  readonly comparisons: readonly FilterComparison[];
}

/** A whole filter, with libseccomp's numbers. Actions are `SCMP_ACT_…`. */
export interface FilterProgram {
  readonly defaultAction: number;
  /** libseccomp's names: `x86_64`, `x32`. The machine's own is always in. */
  readonly architectures: readonly string[];
  readonly rules: readonly FilterRule[];
}

type Pointer = unknown;
type Call = (...args: readonly unknown[]) => number;

interface Library {
  readonly init: (action: number) => Pointer;
  readonly release: (context: Pointer) => void;
  readonly resolve: Call;
  readonly archResolve: Call;
  readonly archAdd: Call;
  readonly attributeSet: Call;
  readonly ruleAdd: Call;
  readonly exportBpf: Call;
}

const attributeOptimize = 8;
const binaryTree = 2;
const unknownSyscall = -1;

/** The library, or undefined where the host has none. */
function loadLibrary(): Library | undefined {
  const koffi = loadKoffi();
  try {
    const library = koffi.load("libseccomp.so.2");
    const call = (prototype: string): Call => library.func(prototype) as unknown as Call;
    koffi.struct("scmp_arg_cmp", { arg: "uint", op: "int", datum_a: "uint64_t", datum_b: "uint64_t" });
    return {
      init: library.func("void* seccomp_init(uint32_t action)") as unknown as Library["init"],
      release: library.func("void seccomp_release(void* context)") as unknown as Library["release"],
      resolve: call("int seccomp_syscall_resolve_name(const char* name)"),
      archResolve: call("uint32_t seccomp_arch_resolve_name(const char* name)"),
      archAdd: call("int seccomp_arch_add(void* context, uint32_t token)"),
      attributeSet: call("int seccomp_attr_set(void* context, int attribute, uint32_t value)"),
      ruleAdd: call("int seccomp_rule_add_array(void* context, uint32_t action, int syscall, uint count, scmp_arg_cmp* comparisons)"),
      exportBpf: call("int seccomp_export_bpf(void* context, int fd)"),
    };
  } catch {
    return undefined;
  }
}

let library: Library | undefined;
let loaded = false;

/**
 * Writes the compiled program (8 bytes per instruction) to a descriptor. @returns false where the host has no libseccomp
 * @throws SysError
 */
export function compileFilter(program: FilterProgram, fd: number): boolean {
  library = loaded ? library : loadLibrary();
  loaded = true;
  if (library === undefined) return false;
  const context = library.init(program.defaultAction);
  if (context === null) throw new SysError("seccomp_init", 22, "EINVAL");
  try {
    addArchitectures(library, context, program.architectures);
    // A tree instead of a list makes the filter quicker; libseccomp older than 2.5 does not know it.
    library.attributeSet(context, attributeOptimize, binaryTree);
    for (const rule of program.rules) addRule(library, context, program.defaultAction, rule);
    check(library.exportBpf(context, fd), "seccomp_export_bpf");
    return true;
  } finally {
    library.release(context);
  }
}

function addArchitectures(lib: Library, context: Pointer, names: readonly string[]): void {
  const exists = -17;
  for (const name of names) {
    const token = lib.archResolve(name);
    if (token === 0) continue;
    const result = lib.archAdd(context, token);
    if (result !== exists) check(result, `seccomp_arch_add "${name}"`);
  }
}

function addRule(lib: Library, context: Pointer, defaultAction: number, rule: FilterRule): void {
  // A rule with the default action says nothing, and the library refuses it.
  if (rule.action === defaultAction) return;
  const syscall = lib.resolve(rule.syscall);
  if (syscall === unknownSyscall) return;
  const comparisons = rule.comparisons.map(({ argument, operator, first, second }) => ({ arg: argument, op: operator, datum_a: first, datum_b: second }));
  check(lib.ruleAdd(context, rule.action, syscall, comparisons.length, comparisons), `seccomp_rule_add "${rule.syscall}"`);
}

/** libseccomp returns -errno. */
function check(result: number, call: string): void {
  if (result < 0) throw new SysError(call, -result, getSystemErrorName(result));
}
