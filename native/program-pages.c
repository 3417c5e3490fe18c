/* See program-pages.h. */
#define _GNU_SOURCE
#include "program-pages.h"

#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

void program_forget_pages(void) {
  const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
  unsigned long count = getauxval(AT_PHNUM);
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), first = UINTPTR_MAX;
  if (!headers) return;
  for (unsigned long i = 0; i < count; i++)
    if (headers[i].p_type == PT_LOAD && headers[i].p_vaddr < first) first = headers[i].p_vaddr;
  /* The headers lie behind the file's own, in the page with which the program begins. */
  uintptr_t moved = ((uintptr_t)headers & ~(page - 1)) - (first & ~(page - 1));
  for (unsigned long i = 0; i < count; i++) {
    if (headers[i].p_type != PT_LOAD || headers[i].p_flags & PF_W) continue;
    uintptr_t begin = (moved + headers[i].p_vaddr) & ~(page - 1), end = (moved + headers[i].p_vaddr + headers[i].p_memsz + page - 1) & ~(page - 1);
    madvise((void *)begin, end - begin, MADV_DONTNEED);
  }
}
