/* Mounts inside the container. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/file.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "confined.h"
#include "launch.h"
#include "mounts.h"
#include "stand-in.h"
#include "tree-copy.h"

static int kind_of(int fd) {
  struct stat status;
  if (fstat(fd, &status) < 0) return -errno;
  return S_ISDIR(status.st_mode) ? CONFINED_DIRECTORY : CONFINED_FILE;
}

/* What the image has below a mount point: nothing where the kernel's own files are there already. */
static int open_of_image(struct launch *launch, const char *destination) {
  AUTO_CLOSE int from = confined_open(launch->root, destination, O_RDONLY | O_DIRECTORY);
  struct statfs system;
  if (from < 0) return from;
  if (fstatfs(from, &system) < 0) return -errno;
  return system.f_type == PROC_SUPER_MAGIC || system.f_type == SYSFS_MAGIC || system.f_type == CGROUP2_SUPER_MAGIC ? -ENOENT : take_fd(&from);
}

static int copy_up(struct launch *launch, int mount, const char *destination) {
  AUTO_CLOSE int from = open_of_image(launch, destination);
  if (from == -ENOENT) return 0;
  if (from < 0) return from;
  AUTO_CLOSE int to = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return to < 0 ? -errno : tree_fill(from, to);
}

int run_mount_filesystem(struct launch *launch, const struct plan_op *op) {
  struct op_mount_filesystem args;
  op_mount_filesystem_read(op, &args);
  const char *refused = NULL;
  AUTO_CLOSE int mount = mount_new(args.type, args.source, &args.options, (unsigned)args.attributes & ~(args.flags & PLAN_MOUNT_FLAG_COPY_UP ? ATTR_RDONLY : 0), &refused);
  if (mount < 0 && refused) launch_explain(launch, "refused option", refused);
  uint64_t attributes = 0;
  /* The host's own instance, for file systems that a namespace of somebody else owns (sysfs with the host's network). */
  if (mount < 0 && args.fallback[0]) {
    launch->report->text[0] = 0;
    mount = mount_copy(AT_FDCWD, args.fallback, 1);
    if (mount == -ENOENT) return 0;
    attributes = args.attributes;
  }
  if (mount < 0) return mount;
  /* Made with its namespace, by whoever cloned: the user, who is not root where ids are moved. */
  if (strcmp(args.type, "mqueue") == 0) (void)!fchownat(mount, "", 0, 0, AT_FLAG_EMPTY_PATH);
  if (args.flags & PLAN_MOUNT_FLAG_COPY_UP) {
    int result = copy_up(launch, mount, args.destination);
    if (result < 0) return result;
    attributes = args.attributes & ATTR_RDONLY;
  }
  AUTO_CLOSE int target = confined_make(launch->root, args.destination, CONFINED_DIRECTORY, 0755);
  if (target < 0) return target;
  return mount_attach(mount, target, attributes, args.propagation, 1);
}

/* The ids on the mounted file system become those of the container that have the same numbers. The kernel allows it to the owner of the
 * file system only: on disks of the host that is nobody in a user namespace. */
static int map_ids(struct launch *launch, int mount) {
  AUTO_CLOSE int userns = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
  if (userns < 0) return -errno;
  struct sys_mount_attr attr = {.set = ATTR_IDMAP, .userns_fd = (uint64_t)userns};
  int result = sys_mount_setattr(mount, 0, &attr);
  if (result < 0) launch_explain(launch, "its file system cannot be id-mapped by an ordinary user", NULL);
  return result;
}

int run_mount_overlay(struct launch *launch, const struct plan_op *op) {
  struct op_mount_overlay args;
  op_mount_overlay_read(op, &args);
  bool attached;
  AUTO_CLOSE int stack = overlay_mount(launch, &(struct overlay_stack){args.lowers, args.upper, args.work, args.work, args.options}, &attached);
  if (stack < 0) return stack;
  /* An old kernel has mounted it somewhere already. */
  AUTO_CLOSE int mount = attached ? mount_copy(stack, "", 0) : take_fd(&stack);
  if (mount < 0) return mount;
  AUTO_CLOSE int target = confined_make(launch->root, args.destination, CONFINED_DIRECTORY, 0755);
  return target < 0 ? target : mount_attach(mount, target, args.attributes, args.propagation, 0);
}

int run_mount_bind(struct launch *launch, const struct plan_op *op) {
  struct op_mount_bind args;
  op_mount_bind_read(op, &args);
  AUTO_CLOSE int mount = source_take(launch, op);
  if (mount < 0) {
    if ((args.flags & PLAN_MOUNT_FLAG_OPTIONAL) && mount == -ENOENT) return 0;
    launch_explain(launch, "source", args.source);
    return mount;
  }
  int kind = kind_of(mount);
  if (kind < 0) return kind;
  AUTO_CLOSE int target = confined_make(launch->root, args.destination, (enum confined_kind)kind, kind == CONFINED_DIRECTORY ? 0755 : 0644);
  if (target < 0) {
    launch_explain(launch, "destination", args.destination);
    return target;
  }
  int result = args.flags & PLAN_MOUNT_FLAG_IDMAP ? map_ids(launch, mount) : 0;
  return result < 0 ? result : mount_attach(mount, target, args.attributes, args.propagation, (args.flags & PLAN_MOUNT_FLAG_RECURSIVE_ATTRIBUTES) != 0);
}

/* On a volume whose filling was broken off, by a full disk or a kill; where a file system has no such attributes, it stays as it is. */
#define UNFINISHED "user.cala.filling"

/* 1, 0, or -errno. */
static int directory_is_empty(int fd) {
  int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  AUTO_CLOSEDIR DIR *directory = copy < 0 ? NULL : fdopendir(copy);
  if (!directory) return -errno;
  for (struct dirent *entry; (entry = readdir(directory));)
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) return 0;
  return 1;
}

int run_copy_volume(struct launch *launch, const struct plan_op *op) {
  struct op_copy_volume args;
  op_copy_volume_read(op, &args);
  AUTO_CLOSE int to = source_take(launch, op);
  if (to < 0) return to;
  /* Another container that starts with the same new volume waits until it is filled. */
  AUTO_CLOSE int held = -1;
  int locked = lock_or_stand_in(to, LOCK_EX, &held);
  if (locked < 0) return locked;
  int empty = fgetxattr(to, UNFINISHED, NULL, 0) >= 0 ? 1 : directory_is_empty(to);
  if (empty <= 0) return empty;
  AUTO_CLOSE int from = open_of_image(launch, args.destination);
  if (from == -ENOENT || from == -ENOTDIR) return 0;
  if (from < 0) return from;
  fsetxattr(to, UNFINISHED, "y", 1, 0);
  int result = tree_fill(from, to);
  if (result == 0) fremovexattr(to, UNFINISHED);
  return result;
}

int run_symlink(struct launch *launch, const struct plan_op *op) {
  struct op_symlink args;
  const char *name;
  op_symlink_read(op, &args);
  AUTO_CLOSE int parent = confined_parent(launch->root, args.path, &name);
  if (parent < 0) return parent;
  return symlinkat(args.target, parent, name) < 0 && errno != EEXIST ? -errno : 0;
}

int run_make_directory(struct launch *launch, const struct plan_op *op) {
  struct op_make_directory args;
  op_make_directory_read(op, &args);
  AUTO_CLOSE int fd = confined_make(launch->root, args.path, CONFINED_DIRECTORY, args.mode);
  return fd < 0 ? fd : 0;
}

int run_make_file(struct launch *launch, const struct plan_op *op) {
  struct op_make_file args;
  op_make_file_read(op, &args);
  AUTO_CLOSE int fd = confined_make(launch->root, args.path, CONFINED_FILE, args.mode);
  return fd < 0 ? fd : 0;
}

int run_read_only_path(struct launch *launch, const struct plan_op *op) {
  struct op_read_only_path args;
  op_read_only_path_read(op, &args);
  AUTO_CLOSE int target = confined_open(launch->root, args.path, O_PATH);
  if (target == -ENOENT || target == -ENOTDIR) return 0;
  if (target < 0) return target;
  AUTO_CLOSE int mount = mount_copy(target, "", 1);
  return mount < 0 ? mount : mount_attach(mount, target, ATTR_RDONLY, 0, 1);
}

int open_null(int flags) {
  AUTO_CLOSE int fd = open("/dev/null", flags | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return -errno;
  struct stat status;
  if (fstat(fd, &status) < 0 || !S_ISCHR(status.st_mode) || status.st_rdev != makedev(1, 3)) return -ENODEV;
  return take_fd(&fd);
}

int run_mask_path(struct launch *launch, const struct plan_op *op) {
  struct op_mask_path args;
  op_mask_path_read(op, &args);
  AUTO_CLOSE int target = confined_open(launch->root, args.path, O_PATH);
  if (target == -ENOENT || target == -ENOTDIR) return 0;
  if (target < 0) return target;
  int kind = kind_of(target);
  if (kind < 0) return kind;
  if (kind == CONFINED_DIRECTORY) {
    AUTO_CLOSE int empty = mount_new("tmpfs", "tmpfs", NULL, ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC, NULL);
    return empty < 0 ? empty : sys_move_mount(empty, target);
  }
  if (launch->null_fd < 0) launch->null_fd = open_null(O_PATH);
  if (launch->null_fd < 0) return launch->null_fd;
  AUTO_CLOSE int mount = mount_copy(launch->null_fd, "", 0);
  return mount < 0 ? mount : mount_attach(mount, target, ATTR_RDONLY | ATTR_NOSUID | ATTR_NOEXEC, 0, 0);
}
