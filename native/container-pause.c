/* Pausing: the cgroup freezer where the container has a group of its own, else SIGSTOP for its whole pid namespace. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "cgroup-file.h"
#include "launch.h"

#define FREEZE_TRIES 2000
#define FREEZE_PAUSE_NS 1000000

static bool has_pid_namespace(const struct plan *plan) {
  uint32_t index = plan_find(plan, PLAN_SECTION_SETTINGS, OP_NAMESPACES, 0);
  if (index == UINT32_MAX) return false;
  struct plan_op op = plan_op_at(plan, index);
  struct op_namespaces namespaces;
  op_namespaces_read(&op, &namespaces);
  return (namespaces.create & NS_PID) != 0;
}

static int freeze(const char *group, bool frozen) {
  struct timespec pause = {.tv_nsec = FREEZE_PAUSE_NS};
  int result = cgroup_file_write(group, "cgroup.freeze", frozen ? "1" : "0");
  if (result < 0) return result;
  for (int tries = 0; frozen && cgroup_file_number(group, "cgroup.events", "frozen") == 0; tries++) {
    if (tries == FREEZE_TRIES) {
      cgroup_file_write(group, "cgroup.freeze", "0");
      return -ETIMEDOUT;
    }
    nanosleep(&pause, NULL);
  }
  return 0;
}

static int reap(pid_t pid) {
  int status;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return -errno;
  return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

/* In a process of its own, which enters the container's pid namespace through a child. One call reaches all that are there, and the kernel
 * lets no fork slip through between (kill(2) with -1 leaves out the caller and the namespace's first process). */
static int signal_namespace(int namespace_fd, int signal) {
  int result = sys_setns(namespace_fd, NS_PID);
  if (result < 0) return result;
  pid_t child = fork();
  if (child < 0) return -errno;
  if (child == 0) _exit(kill(-1, signal) < 0 && errno != ESRCH ? errno : 0);
  return reap(child);
}

static int signal_all(const struct container_process *process, int signal) {
  pid_t child = fork();
  if (child < 0) return -errno;
  if (child == 0) {
    /* Its child is among the container's processes for a moment, and is none of their business. */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    _exit(-signal_namespace(process->pidfd, signal));
  }
  int result = reap(child);
  if (result < 0) return result;
  return syscall(SYS_pidfd_send_signal, process->pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

int container_halt(const struct container_process *process, bool wanted) {
  char group[PATH_MAX];
  int result = cgroup_own_directory(process->pid, group, sizeof group);
  if (result == 0) result = freeze(group, wanted);
  if (result == 0 || result == -ETIMEDOUT) return result;
  if (!has_pid_namespace(process->plan)) return -EOPNOTSUPP;
  return signal_all(process, wanted ? SIGSTOP : SIGCONT);
}
