/* A container must not outlive its monitor. The kernel kills the first process with its parent (PDEATHSIG, op-exec.c), but forgets that when
 * the process changes its user. The keeper does not: a child of the monitor that waits for the monitor's end, and kills the container then.
 * It gives back all memory but two pages of program and one of stack, so from there on it uses no function of libc. */
#define _GNU_SOURCE
#include <elf.h>
#include <link.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "monitor.h"
#include "sys.h"

#define PAGE_BYTES 4096u
#define STACK_BYTES (64u << 10)

static inline __attribute__((always_inline)) long raw_call(long number, long one, long two, long three, long four)
{
#if defined(__x86_64__)
  long result;
  register long fourth __asm__("r10") = four;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(one), "S"(two), "d"(three), "r"(fourth) : "rcx", "r11", "memory");
  return result;
#else
  register long result __asm__("x0") = one;
  register long second __asm__("x1") = two, third __asm__("x2") = three, fourth __asm__("x3") = four, name __asm__("x8") = number;
  __asm__ volatile("svc 0" : "+r"(result) : "r"(second), "r"(third), "r"(fourth), "r"(name) : "memory");
  return result;
#endif
}

/* A sanitizer keeps its books in memory of its own, which must stay. */
#ifndef __SANITIZE_ADDRESS__
#define AREAS_MAX 16

struct area {
  uintptr_t start, end;
};

static uintptr_t page_of(uintptr_t address)
{
  return address & ~(uintptr_t)(PAGE_BYTES - 1);
}

/* The program in memory, but for the pages that hold `code`. Those are unmapped, not only given back: around a page that is touched again the
 * kernel would map sixteen. */
static size_t program_areas(uintptr_t code, struct area *out)
{
  const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
  unsigned long count = getauxval(AT_PHNUM);
  struct area kept = {page_of(code), page_of(code) + 2 * PAGE_BYTES};
  uintptr_t base = 0;
  size_t areas = 0;
  for (unsigned long i = 0; headers && i < count; i++)
    if (headers[i].p_type == PT_LOAD && headers[i].p_offset == 0) base = page_of((uintptr_t)headers) - headers[i].p_vaddr;
  for (unsigned long i = 0; headers && i < count && areas + 2 <= AREAS_MAX; i++) {
    if (headers[i].p_type != PT_LOAD) continue;
    uintptr_t start = page_of(base + headers[i].p_vaddr), end = page_of(base + headers[i].p_vaddr + headers[i].p_memsz + PAGE_BYTES - 1);
    bool has_code = kept.start >= start && kept.start < end;
    out[areas++] = (struct area){start, has_code ? kept.start : end};
    if (has_code && kept.end < end) out[areas++] = (struct area){kept.end, end};
  }
  return areas;
}
#endif

_Noreturn static __attribute__((noinline)) void keep(pid_t monitor_pid, int pidfd)
{
  unsigned long all = ~0ul;
#ifndef __SANITIZE_ADDRESS__
  struct area areas[AREAS_MAX];
  size_t count = program_areas((uintptr_t)keep, areas);
  uintptr_t here = page_of((uintptr_t)__builtin_frame_address(0));
  raw_call(SYS_madvise, (long)(here - STACK_BYTES), STACK_BYTES - PAGE_BYTES, MADV_DONTNEED, 0);
  for (size_t i = 0; i < count; i++) raw_call(SYS_munmap, (long)areas[i].start, (long)(areas[i].end - areas[i].start), 0, 0);
#endif
  while (raw_call(SYS_getppid, 0, 0, 0, 0) == monitor_pid) raw_call(SYS_rt_sigtimedwait, (long)&all, 0, 0, sizeof all);
  raw_call(SYS_pidfd_send_signal, pidfd, SIGKILL, 0, 0);
  for (;;) raw_call(SYS_exit_group, 0, 0, 0, 0);
}

void monitor_keeper_start(struct monitor *monitor)
{
  pid_t self = getpid();
  pid_t pid = fork();
  if (pid > 0) monitor->keeper = pid;
  if (pid != 0) return; /* without one, the next command ends what a killed monitor leaves */
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  prctl(PR_SET_PDEATHSIG, SIGUSR1, 0, 0, 0);
  prctl(PR_SET_NAME, "cala-keeper");
  int pidfd = monitor->process.pidfd;
  if (pidfd > 0) sys_close_range(0, (unsigned)pidfd - 1, 0);
  sys_close_range((unsigned)pidfd + 1, ~0u, 0);
  keep(self, pidfd);
}

void monitor_keeper_end(struct monitor *monitor)
{
  if (monitor->keeper <= 0) return;
  kill(monitor->keeper, SIGKILL);
  while (waitpid(monitor->keeper, NULL, 0) < 0 && errno == EINTR) continue;
  monitor->keeper = 0;
}
