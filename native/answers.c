/* System calls about owners and identities, answered with success where a user namespace has one id only: package managers and tar give
 * files to users that are not there, and give up when they may not. What is asked for is not done: files stay the only user's. */
#define _GNU_SOURCE
#include "answers.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/stat.h>

#include "sys.h"

#if defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

bool answers_needed(void) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return false;
  /* An id that is not mapped is no argument at all, before any question of permission. */
  bool needed = fchown(ends[0], 1, (gid_t)-1) < 0 && errno == EINVAL;
  close(ends[0]);
  close(ends[1]);
  return needed;
}

#ifdef OWN_ARCHITECTURE
static const unsigned answered[] = {
#ifdef SYS_chown
  SYS_chown, SYS_lchown,
#endif
  SYS_fchown, SYS_fchownat, SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid, SYS_setfsuid, SYS_setfsgid, SYS_setgroups,
};
#define ANSWERED (sizeof answered / sizeof *answered)
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)

/* Device nodes cannot be made; FIFOs and files can. */
static size_t answer_device(struct sock_filter *at, unsigned number, unsigned argument) {
  const struct sock_filter block[] = {
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 6),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + argument * 8),
    BPF_STMT(BPF_ALU | BPF_AND | BPF_K, S_IFMT),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, S_IFCHR, 1, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, S_IFBLK, 0, 1),
    RETURN(SECCOMP_RET_ERRNO),
    RETURN(SECCOMP_RET_ALLOW),
  };
  __builtin_memcpy(at, block, sizeof block);
  return sizeof block / sizeof *block;
}

int answers_install(void) {
  struct sock_filter filter[4 + 2 * ANSWERED + 16];
  size_t count = 0;
  const struct sock_filter start[] = {
    LOAD(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCHITECTURE, 1, 0), RETURN(SECCOMP_RET_ALLOW), LOAD(nr),
  };
  __builtin_memcpy(filter, start, sizeof start);
  count = sizeof start / sizeof *start;
  for (size_t i = 0; i < ANSWERED; i++) {
    filter[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, answered[i], 0, 1);
    filter[count++] = (struct sock_filter)RETURN(SECCOMP_RET_ERRNO);
  }
#ifdef SYS_mknod
  count += answer_device(filter + count, SYS_mknod, 1);
#endif
  count += answer_device(filter + count, SYS_mknodat, 2);
  filter[count++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
  struct sock_fprog program = {.len = (unsigned short)count, .filter = filter};
  return (int)sys_result(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}
#else
int answers_install(void) {
  return 0;
}
#endif
