/* The container's namespaces: cloned in one go, after joining those that belong to others. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "launch.h"

#define MAX_JOINS 8

static int write_file(int dir, const char *name, const char *text, size_t length) {
  AUTO_CLOSE int fd = openat(dir, name, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  return write(fd, text, length) == (ssize_t)length ? 0 : -errno;
}

/* A map must arrive in one write. */
static int write_map(int dir, const char *name, struct plan_list lines) {
  char text[4096];
  size_t length = 0;
  const unsigned char *cursor = lines.first;
  for (uint32_t i = 0; i < lines.count; i++) {
    int added = snprintf(text + length, sizeof text - length, "%s\n", plan_take_string(&cursor));
    if (added < 0 || (size_t)added >= sizeof text - length) return -E2BIG;
    length += (size_t)added;
  }
  return write_file(dir, name, text, length);
}

int namespaces_write_maps(struct launch *launch, pid_t pid) {
  uint32_t index = plan_find(launch->plan, PLAN_SECTION_SETTINGS, OP_NESTED_MAP, 0);
  if (index == UINT32_MAX) return 0;
  struct plan_op op = plan_op_at(launch->plan, index);
  struct op_nested_map map;
  op_nested_map_read(&op, &map);
  char path[32];
  snprintf(path, sizeof path, "/proc/%d", (int)pid);
  AUTO_CLOSE int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0) return -errno;
  int result = write_map(dir, "gid_map", map.gids);
  if (result == 0) result = write_map(dir, "uid_map", map.uids);
  return result < 0 ? report_fill(launch->report, REPORT_CLONE, index, -result, "the id map of the container's user namespace was refused") : 0;
}

static int open_join(const struct op_join *join) {
  if (!join->pid) {
    int fd = open(join->path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
  }
  int fd = sys_pidfd_open((pid_t)join->pid);
  if (fd < 0) return fd;
  /* Only a start time read after the pidfd exists proves that the pid was not reused. */
  if (process_start_time((pid_t)join->pid) == join->start) return fd;
  close(fd);
  return -ESRCH;
}

/* A user namespace that one is in already cannot be joined (setns(2)): the monitor's probes are in the outer one from the beginning. */
static int join_one(int fd, unsigned types) {
  int result = sys_setns(fd, types);
  if (result != -EINVAL || !(types & NS_USER)) return result;
  types &= ~NS_USER;
  return types ? sys_setns(fd, types) : 0;
}

/* Opens everything first, in the host's /proc; the order is the plan's: what an ancestor's rights are needed for comes before the user
 * namespace that gives them up. */
static int join_all(struct launch *launch) {
  int fds[MAX_JOINS];
  unsigned types[MAX_JOINS];
  uint32_t indexes[MAX_JOINS], index = 0;
  int count = 0;
  while (count < MAX_JOINS && (index = plan_find(launch->plan, PLAN_SECTION_SETTINGS, OP_JOIN, index)) != UINT32_MAX) {
    struct plan_op op = plan_op_at(launch->plan, index);
    struct op_join join;
    op_join_read(&op, &join);
    indexes[count] = index++;
    types[count] = join.type;
    fds[count] = open_join(&join);
    if (fds[count] < 0) return report_fill(launch->report, REPORT_CLONE, indexes[count], -fds[count], "the namespace to join is gone");
    count++;
  }
  for (int i = 0; i < count; i++) {
    int result = join_one(fds[i], types[i]);
    if (result < 0) return report_fill(launch->report, REPORT_CLONE, indexes[i], -result, "the namespace cannot be joined");
  }
  for (int i = 0; i < count; i++) close(fds[i]);
  return 0;
}

/* An exec plan makes none. */
static struct op_namespaces wanted(const struct plan *plan, uint32_t *at) {
  uint32_t index = plan_find(plan, PLAN_SECTION_SETTINGS, OP_NAMESPACES, 0);
  struct op_namespaces namespaces = {0};
  if (index != UINT32_MAX) {
    struct plan_op op = plan_op_at(plan, index);
    op_namespaces_read(&op, &namespaces);
  }
  if (at) *at = index == UINT32_MAX ? 0 : index;
  return namespaces;
}

/* `made`: types that are new already. */
static pid_t clone_new(struct launch *launch, uint64_t extra, unsigned made, bool *nested) {
  uint32_t index;
  struct op_namespaces namespaces = wanted(launch->plan, &index);
  /* The root of a new cgroup namespace is the cgroup one is in: the child makes its own after it was moved. */
  uint64_t flags = (namespaces.create & ~NS_CGROUP & ~made) | extra;
  *nested = (flags & NS_USER) != 0;
  pid_t pid = sys_clone(flags);
  bool refused = pid == -EPERM || pid == -ENOSPC || pid == -EUSERS || pid == -EINVAL;
  if (refused && *nested && (namespaces.flags & PLAN_NAMESPACES_NESTED_OPTIONAL)) {
    *nested = false;
    pid = sys_clone(flags & ~(uint64_t)NS_USER);
  }
  if (pid < 0) report_fill(launch->report, REPORT_CLONE, index, -pid, "the kernel refused the container's namespaces");
  return pid;
}

struct joined {
  pid_t pid;
  bool nested, holds;
  struct report report;
};

/* Nobody in the container sees this process: it stays where its parent is, but in the container's network, and may be looked at. */
_Noreturn static void hold_network(pid_t parent, int channel, const struct joined *answer) {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  if (getppid() != parent || write(channel, answer, sizeof *answer) != (ssize_t)sizeof *answer) _exit(1);
  sys_close_range(0, ~0u, 0);
  for (;;) pause();
}

void namespaces_end_holder(pid_t holder) {
  if (holder <= 0) return;
  kill(holder, SIGKILL);
  while (waitpid(holder, NULL, 0) < 0 && errno == EINTR) continue;
}

/* setns would move the caller for good, so an intermediate process joins, makes the child its sibling and ends. */
static pid_t clone_joined(struct launch *launch, bool *nested) {
  int channel[2];
  if (pipe2(channel, O_CLOEXEC) < 0) return report_fill(launch->report, REPORT_CLONE, 0, errno, "no pipe");
  pid_t parent = getpid(), between = fork();
  if (between < 0) return report_fill(launch->report, REPORT_CLONE, 0, errno, "no process");
  if (between == 0) {
    struct joined answer = {0};
    /* Processes of the container must not trace this program while it is already among them (CVE-2016-9962). A child with a user
     * namespace of its own is out of their reach anyway, and its maps could not be written; one with process ids of its own they cannot
     * see, and network helpers could not find its network. For those of the others this process stands in. */
    unsigned create = wanted(launch->plan, NULL).create;
    bool is_hidden = !(create & (NS_USER | NS_PID));
    if (is_hidden) prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    int result = join_all(launch);
    answer.holds = result == 0 && is_hidden && (create & NS_NETWORK) && sys_unshare(NS_NETWORK) == 0;
    answer.pid = result < 0 ? result : clone_new(launch, CLONE_FLAG_PARENT, answer.holds ? NS_NETWORK : 0, &answer.nested);
    if (answer.pid == 0) {
      close(channel[0]);
      close(channel[1]);
      *nested = answer.nested;
      return 0;
    }
    answer.report = *launch->report;
    if (answer.pid > 0 && answer.holds) hold_network(parent, channel[1], &answer);
    (void)!write(channel[1], &answer, sizeof answer);
    _exit(0);
  }
  close(channel[1]);
  struct joined answer = {.pid = -ECHILD};
  ssize_t count = read(channel[0], &answer, sizeof answer);
  close(channel[0]);
  if (count == (ssize_t)sizeof answer && answer.pid > 0 && answer.holds) launch->network_holder = between;
  else namespaces_end_holder(between);
  if (count != (ssize_t)sizeof answer) return report_fill(launch->report, REPORT_CLONE, 0, ECHILD, "the joining process died");
  if (answer.pid < 0) *launch->report = answer.report;
  *nested = answer.nested;
  return answer.pid;
}

pid_t namespaces_clone(struct launch *launch, bool *nested) {
  bool joins = plan_find(launch->plan, PLAN_SECTION_SETTINGS, OP_JOIN, 0) != UINT32_MAX;
  return joins ? clone_joined(launch, nested) : clone_new(launch, 0, 0, nested);
}
