#define _GNU_SOURCE
#include "netns.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

struct call {
  int namespace_fd;
  int (*work)(void *data);
  void *data;
  int result;
};

static int run_inside(void *argument) {
  struct call *call = argument;
  int entered = call->namespace_fd < 0 ? unshare(CLONE_NEWNET) : setns(call->namespace_fd, CLONE_NEWNET);
  call->result = entered < 0 ? -errno : call->work(call->data);
  _exit(0);
}

/* A process that entered could not come back: the host's namespace belongs to a user namespace above. */
int netns_call(int namespace_fd, int (*work)(void *data), void *data) {
  static _Alignas(16) char stack[32768];
  struct call call = {.namespace_fd = namespace_fd, .work = work, .data = data, .result = -EIO};
  pid_t child = clone(run_inside, stack + sizeof stack, CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, &call);
  int error = errno;
  if (child > 0)
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
  return child < 0 ? -error : call.result;
}
