/* The filter of system calls that wakes the supervisor, and refuses ways around it. */
#define _GNU_SOURCE
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "sys.h"
#include "trace.h"

#if defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#else
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif
#define HIGHEST_NUMBER 512
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)

/* Calls that take paths where nobody translates them (open by handle, rings of requests, newer ways to mount); programs have older ways for
 * all of them. */
static const unsigned refused[] = {303, 304, 425, 426, 427, 428, 429, 430, 431, 432, 433, 437, 442, 463, 464, 465, 466, 467, 468, 469};

static bool is_refused(long number) {
#if defined(__aarch64__)
  if (number == 264 || number == 265) return true;
  if (number < 424) return false;
#endif
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
    if (refused[i] == (unsigned long)number) return true;
  return false;
}

/* Without a network namespace of its own a container that is to have no network gets sockets of this host's files only. */
static size_t refuse_network(struct sock_filter *at) {
  const struct sock_filter block[] = {
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 4),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 1, 0),
    RETURN(SECCOMP_RET_ERRNO | EAFNOSUPPORT),
    RETURN(SECCOMP_RET_ALLOW),
  };
  memcpy(at, block, sizeof block);
  return sizeof block / sizeof *block;
}

/* Most files are opened to be read. */
static size_t stop_creations(struct sock_filter *at, unsigned number, unsigned argument) {
  const struct sock_filter block[] = {
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 5),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + argument * 8),
    BPF_STMT(BPF_ALU | BPF_AND | BPF_K, O_CREAT),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
    RETURN(SECCOMP_RET_ALLOW),
    RETURN(SECCOMP_RET_TRACE),
  };
  memcpy(at, block, sizeof block);
  return sizeof block / sizeof *block;
}

int trace_filter_install(const struct trace_space *space) {
  static struct sock_filter filter[32 + 2 * HIGHEST_NUMBER];
  /* Programs of another architecture have other numbers: where paths must be translated they cannot run. */
  const struct sock_filter start[] = {
    LOAD(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCHITECTURE, 1, 0), RETURN(space->translates ? SECCOMP_RET_ERRNO | ENOSYS : SECCOMP_RET_ALLOW),
    LOAD(nr), BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000u, 0, 1), RETURN(SECCOMP_RET_ERRNO | ENOSYS),
  };
  memcpy(filter, start, sizeof start);
  size_t count = sizeof start / sizeof *start;
  if (space->without_network) count += refuse_network(filter + count);
  if (!space->translates) {
#ifdef SYS_open
    count += stop_creations(filter + count, SYS_open, 1);
#endif
    count += stop_creations(filter + count, SYS_openat, 2);
  }
  for (long number = 0; number < HIGHEST_NUMBER; number++) {
    bool stops = trace_identity_handler(number) || trace_file_handler(number) || (space->translates ? trace_path_handler(number) : trace_creation_handler(number)) != NULL;
    if (!stops && !(space->translates && is_refused(number))) continue;
    filter[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1);
    filter[count++] = (struct sock_filter)RETURN(stops ? SECCOMP_RET_TRACE : SECCOMP_RET_ERRNO | ENOSYS);
  }
  filter[count++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
  struct sock_fprog program = {.len = (unsigned short)count, .filter = filter};
  return (int)sys_result(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}
