/* Giving back what a waiting monitor does not need: the pages of the program and of the stack that its start has touched. They are
 * mapped again, from the same sealed memory, when they are used. */
#define _GNU_SOURCE
#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include "monitor.h"

#define PAGE_BYTES 4096u
#define STACK_BYTES (64u << 10)

static uintptr_t page_of(uintptr_t address)
{
  return address & ~(uintptr_t)(PAGE_BYTES - 1);
}

/* Segments that cannot be written to hold nothing but the file. */
static void trim_program(void)
{
  const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
  unsigned long count = getauxval(AT_PHNUM);
  if (headers == NULL) return;
  uintptr_t base = 0;
  for (unsigned long i = 0; i < count; i++) {
    if (headers[i].p_type == PT_LOAD && headers[i].p_offset == 0) base = page_of((uintptr_t)headers) - headers[i].p_vaddr;
  }
  for (unsigned long i = 0; i < count; i++) {
    if (headers[i].p_type != PT_LOAD || (headers[i].p_flags & PF_W)) continue;
    uintptr_t start = page_of(base + headers[i].p_vaddr), end = base + headers[i].p_vaddr + headers[i].p_memsz;
    madvise((void *)start, page_of(end + PAGE_BYTES - 1) - start, MADV_DONTNEED);
  }
}

void monitor_trim_buffer(uint8_t *buffer, size_t bytes)
{
  uintptr_t start = page_of((uintptr_t)buffer + PAGE_BYTES - 1), end = page_of((uintptr_t)buffer + bytes);
  madvise((void *)start, end - start, MADV_DONTNEED);
}

void monitor_trim(void)
{
#ifndef __SANITIZE_ADDRESS__
  /* Below this frame, and the next page, in which a function that is called from here may have its own. */
  uintptr_t used = page_of((uintptr_t)__builtin_frame_address(0)) - PAGE_BYTES;
  madvise((void *)(used - STACK_BYTES), STACK_BYTES, MADV_DONTNEED);
#endif
  trim_program();
}
