/* The container's root: overlay or an existing tree; and entering it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "launch.h"
#include "mounts.h"

/* fsconfig takes no value beyond 255 bytes, and overlay gives `:`, `,` and `\` a meaning: such paths go by descriptor. */
static int named(const struct launch *launch, const char *path, char *name, size_t size, int *fd) {
  *fd = -1;
  int opened = source_directory(launch, path);
  if (opened >= 0) {
    snprintf(name, size, "/proc/self/fd/%d", opened);
    return 0;
  }
  if (strlen(path) < 255 && !strpbrk(path, ":,\\")) {
    snprintf(name, size, "%s", path);
    return 0;
  }
  *fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (*fd < 0) return -errno;
  snprintf(name, size, "/proc/self/fd/%d", *fd);
  return 0;
}

static int set_directory(const struct launch *launch, int fs, const char *key, const char *path) {
  char name[256];
  int fd;
  int result = named(launch, path, name, sizeof name, &fd);
  if (result < 0) return result;
  result = sys_fsconfig(fs, FSCONFIG_STRING, key, name);
  if (fd >= 0) close(fd);
  return result;
}

/* The stack through fsconfig, one `lowerdir+` (Linux 6.8) per layer. -EINVAL: this kernel has none. */
static int overlay_new(const struct overlay_stack *args, char **lowers, struct launch *launch) {
  AUTO_CLOSE int fs = sys_fsopen("overlay");
  if (fs < 0) return fs;
  /* The name that df shows. */
  int result = sys_fsconfig(fs, FSCONFIG_STRING, "source", "overlay");
  if (result == 0) result = sys_fsconfig(fs, FSCONFIG_FLAG, "userxattr", NULL);
  for (uint32_t i = args->lowers.count; result == 0 && i-- > 0;) result = set_directory(launch, fs, "lowerdir+", lowers[i]);
  if (result < 0) return result;
  result = set_directory(launch, fs, "upperdir", args->upper);
  if (result == 0) result = set_directory(launch, fs, "workdir", args->work);
  const unsigned char *cursor = args->options.first;
  for (uint32_t i = 0; result == 0 && i < args->options.count; i++) result = mount_option(fs, plan_take_string(&cursor));
  if (result == 0) result = sys_fsconfig(fs, FSCONFIG_CREATE, NULL, NULL);
  if (result < 0) {
    char words[200];
    ssize_t length = read(fs, words, sizeof words - 1);
    if (length > 0) {
      words[length] = 0;
      launch_explain(launch, "overlay", words);
    }
    return result;
  }
  return sys_fsmount(fs, 0);
}

static int open_directory(const struct launch *launch, const char *path) {
  int opened = source_directory(launch, path);
  return opened >= 0 ? fcntl(opened, F_DUPFD_CLOEXEC, 3) : open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* mount(2) takes one page of options, so every directory is named by descriptor: 18 bytes each, good for 200 layers. */
static int overlay_old(const struct launch *launch, const struct overlay_stack *args, char **lowers) {
  char options[4096];
  size_t length = (size_t)snprintf(options, sizeof options, "userxattr,lowerdir=");
  for (uint32_t i = args->lowers.count; i-- > 0;) {
    int fd = open_directory(launch, lowers[i]);
    if (fd < 0) return -errno;
    length += (size_t)snprintf(options + length, sizeof options - length, "/proc/self/fd/%d%s", fd, i ? ":" : "");
    if (length >= sizeof options) return -E2BIG;
  }
  int upper = open_directory(launch, args->upper), work = open_directory(launch, args->work);
  if (upper < 0 || work < 0) return -errno;
  length += (size_t)snprintf(options + length, sizeof options - length, ",upperdir=/proc/self/fd/%d,workdir=/proc/self/fd/%d", upper, work);
  const unsigned char *cursor = args->options.first;
  for (uint32_t i = 0; length < sizeof options && i < args->options.count; i++) {
    const char *option = plan_take_string(&cursor), *value = strchr(option, '=');
    /* A label has commas of its own. */
    if (value && strchr(value, ',')) length += (size_t)snprintf(options + length, sizeof options - length, ",%.*s\"%s\"", (int)(value + 1 - option), option, value + 1);
    else length += (size_t)snprintf(options + length, sizeof options - length, ",%s", option);
  }
  char target[256];
  int place;
  if (length >= sizeof options) return -E2BIG;
  if (named(launch, args->target, target, sizeof target, &place) < 0) return -errno;
  int result = sys_mount("overlay", target, "overlay", 0, options);
  /* The layers' descriptors go at the exec, all of them. */
  return result < 0 ? result : open(target, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int attach_root(struct launch *launch, int mount, const char *target) {
  AUTO_CLOSE int place = open_directory(launch, target);
  if (place < 0) {
    int error = errno;
    close(mount);
    return -error;
  }
  int result = sys_move_mount(mount, place);
  if (result < 0) close(mount);
  else launch->root = mount;
  return result;
}

int overlay_mount(struct launch *launch, const struct overlay_stack *stack, bool *attached) {
  AUTO_FREE char **lowers = plan_list_array(stack->lowers, 0);
  if (!lowers) return -ENOMEM;
  int mount = overlay_new(stack, lowers, launch);
  *attached = mount == -EINVAL || mount == -ENOSYS || mount == -E2BIG;
  if (!*attached) return mount;
  mount = overlay_old(launch, stack, lowers);
  if (mount >= 0) launch->report->text[0] = 0;
  return mount;
}

int run_root_overlay(struct launch *launch, const struct plan_op *op) {
  struct op_root_overlay args;
  op_root_overlay_read(op, &args);
  bool attached;
  int mount = overlay_mount(launch, &(struct overlay_stack){args.lowers, args.upper, args.work, args.target, args.options}, &attached);
  if (mount < 0 || !attached) return mount < 0 ? mount : attach_root(launch, mount, args.target);
  launch->root = mount;
  return 0;
}

int run_root_bind(struct launch *launch, const struct plan_op *op) {
  struct op_root_bind args;
  op_root_bind_read(op, &args);
  int mount = source_take(launch, op);
  if (mount < 0) return mount;
  int result = mount_change(mount, 0, MOUNT_PRIVATE | MOUNT_REC, 1);
  if (result < 0 && result != -ENOSYS) {
    close(mount);
    return result;
  }
  return attach_root(launch, mount, args.target);
}

int run_pivot_root(struct launch *launch, const struct plan_op *op) {
  struct op_pivot_root args;
  op_pivot_root_read(op, &args);
  if (fchdir(launch->root) < 0) return -errno;
  /* With both names equal the old root is stacked on the new one and needs no directory inside it. */
  int result = sys_pivot_root(".", ".");
  if (result < 0) return result;
  result = sys_umount(".", UMOUNT_DETACH);
  if (result < 0) return result;
  if (chdir("/") < 0) return -errno;
  launch->pivoted = true;
  return args.propagation ? sys_mount(NULL, "/", NULL, args.propagation, NULL) : 0;
}

int run_root_read_only(struct launch *launch, const struct plan_op *op) {
  (void)op;
  int result = mount_change(launch->root, ATTR_RDONLY, 0, 0);
  return result == -ENOSYS ? sys_mount(NULL, "/", NULL, MOUNT_REMOUNT | MOUNT_BIND | MOUNT_RDONLY, NULL) : result;
}
