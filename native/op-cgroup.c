/* The container's cgroup: made before the clone, joined by the monitor on the child's behalf, removed at the end. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "cgroup.h"
#include "launch.h"

int run_cgroup_create(struct launch *launch, const struct plan_op *op) {
  (void)launch;
  struct op_cgroup_create args;
  op_cgroup_create_read(op, &args);
  return mkdir(args.path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

int run_cgroup_write(struct launch *launch, const struct plan_op *op) {
  (void)launch;
  struct op_cgroup_write args;
  op_cgroup_write_read(op, &args);
  AUTO_CLOSE int fd = open(args.path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  size_t length = strlen(args.value);
  return write(fd, args.value, length) == (ssize_t)length ? 0 : -errno;
}

int run_cgroup_join(struct launch *launch, const struct plan_op *op) {
  struct op_cgroup_join args;
  op_cgroup_join_read(op, &args);
  char path[4200];
  if (launch->cgroup_count == LAUNCH_MAX_CGROUPS) return -E2BIG;
  snprintf(path, sizeof path, "%s/cgroup.procs", args.path);
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  launch->cgroup_fds[launch->cgroup_count++] = fd;
  return 0;
}

int cgroup_move(struct launch *launch, pid_t pid) {
  char text[16];
  int length = snprintf(text, sizeof text, "%d", (int)pid), result = 0;
  for (int i = 0; i < launch->cgroup_count; i++) {
    if (write(launch->cgroup_fds[i], text, (size_t)length) != length && result == 0) result = -errno;
    close(launch->cgroup_fds[i]);
  }
  launch->cgroup_count = 0;
  return result;
}

static void kill_all(const char *path) {
  char file[4200];
  snprintf(file, sizeof file, "%s/cgroup.kill", path);
  AUTO_CLOSE int fd = open(file, O_WRONLY | O_CLOEXEC);
  if (fd >= 0) (void)!write(fd, "1", 1);
}

/* The last process of a cgroup lingers for a moment after it was reaped. */
static void remove_cgroup(const char *path) {
  struct timespec pause = {.tv_nsec = 1000000};
  for (int tries = 0; tries < 20; tries++) {
    if (rmdir(path) == 0 || errno != EBUSY) return;
    if (tries == 0) kill_all(path);
    nanosleep(&pause, NULL);
  }
}

void cgroup_remove_all(const struct plan *plan) {
  struct plan_range range = plan->sections[PLAN_SECTION_HOST];
  for (uint32_t index = range.first + range.count; index-- > range.first;) {
    struct plan_op op = plan_op_at(plan, index);
    if (op.code != OP_CGROUP_CREATE) continue;
    struct op_cgroup_create args;
    op_cgroup_create_read(&op, &args);
    remove_cgroup(args.path);
  }
}
