/* A container that CRIU brings back: the child sets up the namespaces and becomes CRIU, which makes the first process its sibling. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "launch.h"

/* The pid that CRIU wrote down, or -errno. */
static pid_t read_pid(const char *path) {
  char text[32] = {0};
  AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return -errno;
  ssize_t length = read(fd, text, sizeof text - 1);
  long pid = length <= 0 ? 0 : strtol(text, NULL, 10);
  return pid > 1 && pid <= INT32_MAX ? (pid_t)pid : -EINVAL;
}

int restore_adopt(struct launch *launch, pid_t *child) {
  uint32_t index = plan_find(launch->plan, PLAN_SECTION_SETTINGS, OP_RESTORE, 0);
  if (index == UINT32_MAX) return 0;
  struct plan_op op = plan_op_at(launch->plan, index);
  struct op_restore args;
  op_restore_read(&op, &args);
  int status = 0;
  pid_t ended;
  do ended = waitpid(*child, &status, 0);
  while (ended < 0 && errno == EINTR);
  *child = -1;
  if (ended < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) return report_fill(launch->report, REPORT_ENTER, index, EIO, "CRIU failed");
  pid_t pid = read_pid(args.pid_file);
  if (pid < 0) return report_fill(launch->report, REPORT_ENTER, index, -pid, "CRIU tells no process");
  /* Only a child of ours is what it says, and only of a child do we hear when it ends. */
  siginfo_t info;
  if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0) return report_fill(launch->report, REPORT_ENTER, index, ECHILD, "what CRIU brought back is no child of the monitor");
  *child = pid;
  return 0;
}
