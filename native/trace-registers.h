/* Registers of a stopped process, as far as system calls use them. */
#ifndef CALA_TRACE_REGISTERS_H
#define CALA_TRACE_REGISTERS_H

#include <elf.h>
#include <errno.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>

struct trace_registers {
  struct user_regs_struct raw;
};

static inline int trace_registers_get(pid_t pid, struct trace_registers *out) {
  struct iovec part = {&out->raw, sizeof out->raw};
  return ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &part) < 0 ? -errno : 0;
}

static inline int trace_registers_set(pid_t pid, const struct trace_registers *registers) {
  struct iovec part = {(void *)&registers->raw, sizeof registers->raw};
  return ptrace(PTRACE_SETREGSET, pid, (void *)NT_PRSTATUS, &part) < 0 ? -errno : 0;
}

#if defined(__x86_64__)
#define TRACE_INSTRUCTION_BYTES 2

static inline long trace_number(const struct trace_registers *registers) {
  return (long)registers->raw.orig_rax;
}

static inline unsigned long long *trace_slot(struct trace_registers *registers, int index) {
  switch (index) {
    case 0: return (unsigned long long *)&registers->raw.rdi;
    case 1: return (unsigned long long *)&registers->raw.rsi;
    case 2: return (unsigned long long *)&registers->raw.rdx;
    case 3: return (unsigned long long *)&registers->raw.r10;
    case 4: return (unsigned long long *)&registers->raw.r8;
    default: return (unsigned long long *)&registers->raw.r9;
  }
}

static inline long trace_result(const struct trace_registers *registers) {
  return (long)registers->raw.rax;
}

static inline void trace_result_put(struct trace_registers *registers, long value) {
  registers->raw.rax = (unsigned long long)value;
}

/* Another system call in the place of this one; -1: none. */
static inline int trace_number_set(pid_t pid, struct trace_registers *registers, long number) {
  (void)pid;
  registers->raw.orig_rax = (unsigned long long)number;
  return 0;
}

/* The same system call once more. */
static inline void trace_again(struct trace_registers *registers) {
  registers->raw.rip -= TRACE_INSTRUCTION_BYTES;
  registers->raw.rax = registers->raw.orig_rax;
}

#elif defined(__aarch64__)
#define TRACE_INSTRUCTION_BYTES 4
#ifndef NT_ARM_SYSTEM_CALL
#define NT_ARM_SYSTEM_CALL 0x404
#endif

static inline long trace_number(const struct trace_registers *registers) {
  return (long)registers->raw.regs[8];
}

static inline unsigned long long *trace_slot(struct trace_registers *registers, int index) {
  return (unsigned long long *)&registers->raw.regs[index];
}

static inline long trace_result(const struct trace_registers *registers) {
  return (long)registers->raw.regs[0];
}

static inline void trace_result_put(struct trace_registers *registers, long value) {
  registers->raw.regs[0] = (unsigned long long)value;
}

static inline int trace_number_set(pid_t pid, struct trace_registers *registers, long number) {
  (void)registers;
  int value = (int)number;
  struct iovec part = {&value, sizeof value};
  return ptrace(PTRACE_SETREGSET, pid, (void *)NT_ARM_SYSTEM_CALL, &part) < 0 ? -errno : 0;
}

static inline void trace_again(struct trace_registers *registers) {
  registers->raw.pc -= TRACE_INSTRUCTION_BYTES;
}
#else
#error "this architecture's registers are not known"
#endif

static inline uint64_t trace_argument(struct trace_registers *registers, int index) {
  return *trace_slot(registers, index);
}

#endif
