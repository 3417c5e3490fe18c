/* Finding, joining and making the one outer user namespace. A file PID-STARTTIME stands for each process that lives in it. */
#define _GNU_SOURCE
#include "userns.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "launch.h"
#include "stand-in.h"

static int registry = -1; /* the directory of the files */
static char registered[48];

static bool same_namespace(pid_t pid) {
  char path[40];
  struct stat own, other;
  snprintf(path, sizeof path, "/proc/%d/ns/user", (int)pid);
  return stat("/proc/self/ns/user", &own) == 0 && stat(path, &other) == 0 && own.st_ino == other.st_ino && own.st_dev == other.st_dev;
}

/* 0: joined. -ESRCH: that process is gone. */
static int join_process(const char *name) {
  char *end;
  unsigned long pid = strtoul(name, &end, 10);
  if (*end != '-' || pid == 0 || pid > INT32_MAX) return -EINVAL;
  unsigned long long start = strtoull(end + 1, NULL, 10);
  AUTO_CLOSE int pidfd = sys_pidfd_open((pid_t)pid);
  if (pidfd < 0) return pidfd;
  /* Read after the pidfd exists: now the pid cannot pass to another process unnoticed. */
  if (process_start_time((pid_t)pid) != start) return -ESRCH;
  int result = sys_setns(pidfd, NS_USER);
  return result == -EINVAL && same_namespace((pid_t)pid) ? 0 : result;
}

/* 0: joined; -ENOENT: nobody lives there. */
static int join_living(void) {
  int copy = openat(registry, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  AUTO_CLOSEDIR DIR *dir = copy < 0 ? NULL : fdopendir(copy);
  if (!dir) return -errno;
  struct dirent *entry;
  while ((entry = readdir(dir))) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    int result = join_process(entry->d_name);
    if (result == 0) return 0;
    if (result == -ESRCH || result == -EINVAL) unlinkat(registry, entry->d_name, 0);
  }
  return -ENOENT;
}

static void register_self(void) {
  snprintf(registered, sizeof registered, "%d-%llu", (int)getpid(), (unsigned long long)process_start_time(getpid()));
  int fd = openat(registry, registered, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd >= 0) close(fd);
}

void userns_leave(void) {
  if (registry < 0) return;
  unlinkat(registry, registered, 0);
  close(registry);
  registry = -1;
}

void userns_close_others(void) {
  if (registry > 0) sys_close_range(0, (unsigned)registry - 1, 0);
  sys_close_range((unsigned)registry + 1, ~0u, 0);
}

static int lock(int *fd, int mode) {
  int held = -1, result = lock_or_stand_in(*fd, mode, &held);
  if (held < 0) return result;
  close(*fd);
  *fd = held;
  return result;
}

static int open_registry(const char *runtime_dir, int *lock_fd) {
  char path[4096];
  if (snprintf(path, sizeof path, "%s/userns", runtime_dir) >= (int)sizeof path) return -ENAMETOOLONG;
  mkdir(runtime_dir, 0700);
  if (mkdir(path, 0700) < 0 && errno != EEXIST) return -errno;
  registry = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (registry < 0) return -errno;
  if (snprintf(path, sizeof path, "%s/userns.lock", runtime_dir) >= (int)sizeof path) return -ENAMETOOLONG;
  *lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  return *lock_fd < 0 ? -errno : 0;
}

/* Registration happens under the lock, so that a namespace whose last other process ends meanwhile is still found. */
static int join_or_create(int *lock_fd, char *const *uids, char *const *gids, struct report *report) {
  int result = lock(lock_fd, LOCK_SH);
  if (result == 0 && join_living() == 0) return 0;
  if (result == 0) result = lock(lock_fd, LOCK_EX);
  if (result < 0) return report_fill(report, REPORT_USERNS, 0, -result, "the lock of the outer user namespace cannot be taken");
  return join_living() == 0 ? 0 : userns_create(uids, gids, report);
}

int userns_enter(const char *runtime_dir, char *const *uid_lines, char *const *gid_lines, struct report *report) {
  AUTO_CLOSE int lock_fd = -1;
  int result = open_registry(runtime_dir, &lock_fd);
  if (result < 0) return report_fill(report, REPORT_USERNS, 0, -result, "the runtime directory cannot be used");
  result = join_or_create(&lock_fd, uid_lines, gid_lines, report);
  if (result < 0) return result;
  if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) return report_fill(report, REPORT_USERNS, 0, errno, "the outer user namespace has no root");
  register_self();
  if (sys_unshare(NS_MOUNT) < 0) return report_fill(report, REPORT_USERNS, 0, errno, "no mount namespace");
  /* Nothing of ours shows on the host, but what the host unmounts does not stay busy because of us. */
  result = sys_mount(NULL, "/", NULL, MOUNT_REC | MOUNT_SLAVE, NULL);
  return result < 0 ? report_fill(report, REPORT_USERNS, 0, -result, "the mount namespace cannot be made private") : 0;
}

int userns_enter_outer(const char *runtime_dir, const struct plan *plan, struct report *report) {
  uint32_t index = plan_find(plan, PLAN_SECTION_SETTINGS, OP_OUTER_MAP, 0);
  if (index == UINT32_MAX) return report_fill(report, REPORT_PLAN, 0, EINVAL, "the plan has no outer map");
  struct plan_op op = plan_op_at(plan, index);
  struct op_outer_map map;
  op_outer_map_read(&op, &map);
  if (map.uids.count == 0) return 0; /* the kernel gives none: the container does without */
  AUTO_FREE char **uids = plan_list_array(map.uids, 0);
  AUTO_FREE char **gids = plan_list_array(map.gids, 0);
  if (!uids || !gids) return report_fill(report, REPORT_USERNS, 0, ENOMEM, "no memory");
  return userns_enter(runtime_dir, uids, gids, report);
}
