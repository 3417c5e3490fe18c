/* A container must not outlive its monitor. The kernel kills the first process with its parent (PDEATHSIG, op-exec.c), but forgets that when
 * the process changes its user. The keeper does not: a child of the monitor that waits for the monitor's end, and kills the container then.
 * It gives back all memory but a page of program and one of stack, so from there on it uses no function of libc. */
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
struct area {
  uintptr_t start, end;
};

/* Of the program in memory: what it writes to, else what it executes. */
static struct area program_area(bool writable)
{
  const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
  unsigned long count = getauxval(AT_PHNUM);
  struct area area = {0};
  uintptr_t base = 0;
  for (unsigned long i = 0; headers && i < count; i++)
    if (headers[i].p_type == PT_LOAD && headers[i].p_offset == 0) base = ((uintptr_t)headers & ~(uintptr_t)(PAGE_BYTES - 1)) - headers[i].p_vaddr;
  for (unsigned long i = 0; headers && i < count; i++) {
    if (headers[i].p_type != PT_LOAD || (headers[i].p_flags & (writable ? PF_W : PF_X)) == 0) continue;
    area.start = (base + headers[i].p_vaddr) & ~(uintptr_t)(PAGE_BYTES - 1);
    area.end = (base + headers[i].p_vaddr + headers[i].p_memsz + PAGE_BYTES - 1) & ~(uintptr_t)(PAGE_BYTES - 1);
  }
  return area;
}
#endif

_Noreturn static __attribute__((noinline)) void keep(pid_t monitor_pid, int pidfd)
{
  unsigned long all = ~0ul;
#ifndef __SANITIZE_ADDRESS__
  struct area written = program_area(true), program = program_area(false);
  uintptr_t here = (uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)(PAGE_BYTES - 1);
  raw_call(SYS_madvise, (long)(here - STACK_BYTES), STACK_BYTES - PAGE_BYTES, MADV_DONTNEED, 0);
  raw_call(SYS_madvise, (long)written.start, (long)(written.end - written.start), MADV_DONTNEED, 0);
  raw_call(SYS_madvise, (long)program.start, (long)(program.end - program.start), MADV_DONTNEED, 0);
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
