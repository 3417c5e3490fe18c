/* The memory of supervised processes. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/uio.h>

#include "trace.h"

#define PAGE 4096u

int trace_read(pid_t pid, uint64_t address, void *out, size_t length) {
  struct iovec here = {out, length}, there = {(void *)(uintptr_t)address, length};
  ssize_t count = process_vm_readv(pid, &here, 1, &there, 1, 0);
  return count == (ssize_t)length ? 0 : -EFAULT;
}

int trace_write(pid_t pid, uint64_t address, const void *data, size_t length) {
  struct iovec here = {(void *)data, length}, there = {(void *)(uintptr_t)address, length};
  ssize_t count = process_vm_writev(pid, &here, 1, &there, 1, 0);
  return count == (ssize_t)length ? 0 : -EFAULT;
}

/* Page by page: what follows the string need not be there. */
int trace_read_string(pid_t pid, uint64_t address, char *out, size_t size) {
  size_t length = 0;
  while (length < size) {
    size_t piece = PAGE - (address + length) % PAGE;
    if (piece > size - length) piece = size - length;
    if (trace_read(pid, address + length, out + length, piece) < 0) return -EFAULT;
    if (memchr(out + length, 0, piece)) return 0;
    length += piece;
  }
  return -ENAMETOOLONG;
}

int trace_put(struct trace_call *call, const void *data, size_t length, uint64_t *address) {
  struct tracee *tracee = call->tracee;
  size_t needed = call->used + ((length + 15) & ~(size_t)15);
  if (!tracee->scratch || needed > tracee->scratch_bytes) {
    /* Twice what is known to be needed: more may follow. */
    tracee->scratch_wanted = (2 * needed + 3 * PAGE) & ~(size_t)(PAGE - 1);
    return TRACE_NEEDS_MEMORY;
  }
  *address = tracee->scratch + call->used;
  call->used = needed;
  return trace_write(tracee->pid, *address, data, length);
}
