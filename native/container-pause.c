/* Pausing: the cgroup freezer where the container has a group of its own, else SIGSTOP for its whole pid namespace. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "cgroup-file.h"
#include "cleanup.h"
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

/* Whether a thread neither has stopped nor ended. One that waits for a processor goes on until its system call is over. */
static bool thread_moves(int tasks, const char *name) {
  char path[NAME_MAX + 8], text[512];
  snprintf(path, sizeof path, "%s/stat", name);
  AUTO_CLOSE int fd = openat(tasks, path, O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
  if (length <= 0) return false;
  text[length] = 0;
  const char *end = strrchr(text, ')');
  return end && end[1] == ' ' && !strchr("TtZXx", end[2]);
}

static bool process_moves(int proc, const char *name, const struct stat *namespace) {
  char path[NAME_MAX + 8];
  struct stat status;
  snprintf(path, sizeof path, "%s/ns/pid", name);
  if (fstatat(proc, path, &status, 0) < 0 || status.st_ino != namespace->st_ino || status.st_dev != namespace->st_dev) return false;
  snprintf(path, sizeof path, "%s/task", name);
  int fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  AUTO_CLOSEDIR DIR *tasks = fd < 0 ? NULL : fdopendir(fd);
  for (struct dirent *entry = tasks ? readdir(tasks) : NULL; entry; entry = readdir(tasks))
    if (entry->d_name[0] != '.' && thread_moves(fd, entry->d_name)) return true;
  return false;
}

/* Waits until what was told to stop has stopped, but not for ever: a call to a disk that does not answer cannot be broken off. */
static void await_stop(pid_t first) {
  struct timespec pause = {.tv_nsec = FREEZE_PAUSE_NS};
  struct stat namespace;
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/ns/pid", (int)first);
  AUTO_CLOSEDIR DIR *proc = stat(path, &namespace) < 0 ? NULL : opendir("/proc");
  for (int tries = 0; proc && tries < FREEZE_TRIES; tries++) {
    bool moves = false;
    rewinddir(proc);
    for (struct dirent *entry = readdir(proc); entry && !moves; entry = readdir(proc))
      moves = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && process_moves(dirfd(proc), entry->d_name, &namespace);
    if (!moves) return;
    nanosleep(&pause, NULL);
  }
}

/* The first process comes first: what it makes until then is reached with the others, and afterwards it makes no more. */
static int signal_all(const struct container_process *process, int signal) {
  if (syscall(SYS_pidfd_send_signal, process->pidfd, signal, NULL, 0) < 0) return -errno;
  pid_t child = fork();
  if (child < 0) return -errno;
  if (child == 0) {
    /* Its child is among the container's processes for a moment, and is none of their business. */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    int result = signal_namespace(process->pidfd, signal);
    if (result == 0 && signal == SIGSTOP) await_stop(process->pid);
    _exit(-result);
  }
  return reap(child);
}

int container_halt(const struct container_process *process, bool wanted) {
  char group[PATH_MAX];
  int result = cgroup_own_directory(process->pid, group, sizeof group);
  if (result == 0) result = freeze(group, wanted);
  if (result == 0 || result == -ETIMEDOUT) return result;
  if (!has_pid_namespace(process->plan)) return -EOPNOTSUPP;
  return signal_all(process, wanted ? SIGSTOP : SIGCONT);
}
