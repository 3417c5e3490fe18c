/* The applets `mount-root TARGET process PID STARTTIME | plan FILE | layers TREE...` and `unmount-root TARGET`: a container's root in the mount namespace of
 * whoever calls, who is root of the outer user namespace (cala unshare). Of a running container it is the very mount that it has. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applets.h"
#include "launch.h"
#include "layer-base.h"
#include "mounts.h"

/* Of mount(2) and of mount_setattr(2). */
#define READ_ONLY 1

/* A copy of the root mount alone, taken in the container's mount namespace. */
static int copy_of_running(const char *pid_text, const char *start) {
  pid_t pid = (pid_t)strtol(pid_text, NULL, 10);
  AUTO_CLOSE int own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  AUTO_CLOSE int pidfd = sys_pidfd_open(pid);
  if (own < 0 || pidfd < 0) return own < 0 ? -errno : pidfd;
  if (process_start_time(pid) != strtoull(start, NULL, 10)) return -ESRCH;
  int result = sys_setns(pidfd, NS_MOUNT);
  if (result < 0) return result;
  int mount = mount_copy(AT_FDCWD, "/", 0);
  result = sys_setns(own, NS_MOUNT);
  if (result == 0) return mount;
  if (mount >= 0) close(mount);
  return result;
}

static int attach(int mount, const char *target) {
  AUTO_CLOSE int place = open(target, O_PATH | O_DIRECTORY | O_CLOEXEC);
  return place < 0 ? -errno : mount_attach(mount, place, 0, 0, 0);
}

/* The root of a container that does not run, as its plan mounts it. */
static int mount_plan(const char *file) {
  struct report report = {0};
  struct launch launch;
  struct plan *plan;
  if (plan_read_file(file, &plan, &report) < 0) return layer_fail(EINVAL, "plan-invalid", NULL, "the container's plan cannot be used: %s", report.text);
  launch_init(&launch, plan, &report);
  struct plan_range range = plan->sections[PLAN_SECTION_SETUP];
  int result = -ENOENT;
  for (uint32_t index = range.first; index < range.first + range.count && result == -ENOENT; index++) {
    struct plan_op op = plan_op_at(plan, index);
    if (op.code == OP_ROOT_OVERLAY) result = run_root_overlay(&launch, &op);
    else if (op.code == OP_ROOT_BIND) result = run_root_bind(&launch, &op);
  }
  plan_free(plan);
  return result;
}

/* Names every tree by its descriptor, topmost first: mount(2) takes one page of options. The descriptors end with the program. */
static int lower_options(char **trees, int count, char *options, size_t size) {
  size_t length = (size_t)snprintf(options, size, "userxattr,lowerdir=");
  for (int i = 0; i < count && length < size; i++) {
    int fd = open(trees[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return -errno;
    length += (size_t)snprintf(options + length, size - length, "%s/proc/self/fd/%d", i ? ":" : "", fd);
  }
  return length < size ? 0 : -E2BIG;
}

/* The layers of an image as one read-only tree. An overlay of one layer would need an upper directory: that one is bound. */
static int mount_layers(const char *target, char **trees, int count) {
  char options[4096];
  if (count == 1) {
    AUTO_CLOSE int place = open(target, O_PATH | O_DIRECTORY | O_CLOEXEC);
    AUTO_CLOSE int mount = mount_copy(AT_FDCWD, trees[0], 0);
    if (place < 0 || mount < 0) return place < 0 ? -ENOENT : mount;
    return mount_attach(mount, place, READ_ONLY, 0, 0);
  }
  int result = lower_options(trees, count, options, sizeof options);
  return result < 0 ? result : sys_mount("overlay", target, "overlay", READ_ONLY, options);
}

int applet_mount_root(int argc, char **argv) {
  int result = -EINVAL;
  if (argc == 5 && strcmp(argv[2], "process") == 0) {
    AUTO_CLOSE int mount = copy_of_running(argv[3], argv[4]);
    result = mount < 0 ? mount : attach(mount, argv[1]);
  } else if (argc == 4 && strcmp(argv[2], "plan") == 0) {
    result = mount_plan(argv[3]);
  } else if (argc >= 4 && strcmp(argv[2], "layers") == 0) {
    result = mount_layers(argv[1], argv + 3, argc - 3);
  }
  if (result < 0) layer_fail(-result, "root-not-mounted", NULL, "%s", strerror(-result));
  return result < 0 ? layer_report_failure() : 0;
}

int applet_unmount_root(int argc, char **argv) {
  int result = argc == 2 ? sys_umount(argv[1], UMOUNT_DETACH) : -EINVAL;
  if (result < 0) layer_fail(-result, "root-not-unmounted", NULL, "%s", strerror(-result));
  return result < 0 ? layer_report_failure() : 0;
}
