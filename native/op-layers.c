/* Mounts of a part of a tree, and of the layers of an image, below a container's root. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "confined.h"
#include "launch.h"
#include "mounts.h"

/* What lies at `subpath` of a tree whose content is not ours: no link of it leads out, and what was found is what is mounted, whatever
 * happens to its name meanwhile (CVE-2024-1753, CVE-2024-9407, CVE-2024-23651). Closes nothing. */
static int part_of(struct launch *launch, int tree, const char *subpath) {
  AUTO_CLOSE int part = confined_open(tree, subpath, O_PATH);
  if (part < 0) {
    launch_explain(launch, "subpath", subpath);
    return part;
  }
  return mount_copy(part, "", 1);
}

static int attach_part(struct launch *launch, int mount, const char *destination, uint64_t attributes, uint64_t propagation) {
  struct stat status;
  if (fstat(mount, &status) < 0) return -errno;
  bool is_directory = S_ISDIR(status.st_mode);
  AUTO_CLOSE int target = confined_make(launch->root, destination, is_directory ? CONFINED_DIRECTORY : CONFINED_FILE, is_directory ? 0755 : 0644);
  if (target < 0) {
    launch_explain(launch, "destination", destination);
    return target;
  }
  return mount_attach(mount, target, attributes, propagation, 1);
}

/* A directory of the user's, opened while this process was still the user. */
static int open_directory(const struct launch *launch, const char *path) {
  int opened = source_directory(launch, path);
  int fd = opened >= 0 ? fcntl(opened, F_DUPFD_CLOEXEC, 3) : open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

int run_mount_subpath(struct launch *launch, const struct plan_op *op) {
  struct op_mount_subpath args;
  op_mount_subpath_read(op, &args);
  AUTO_CLOSE int tree = open_directory(launch, args.source);
  if (tree < 0) {
    launch_explain(launch, "source", args.source);
    return tree;
  }
  AUTO_CLOSE int mount = part_of(launch, tree, args.subpath);
  return mount < 0 ? mount : attach_part(launch, mount, args.destination, args.attributes, args.propagation);
}

/* mount(2) takes one page of options, so every directory is named by its descriptor; they all are closed at the exec. */
static int stack_options(const struct launch *launch, const struct op_mount_layers *args, char *options, size_t size) {
  AUTO_FREE char **lowers = plan_list_array(args->lowers, 0);
  if (!lowers) return -ENOMEM;
  size_t length = (size_t)snprintf(options, size, "userxattr,lowerdir=");
  for (uint32_t i = args->lowers.count; i-- > 0 && length < size;) {
    int fd = open_directory(launch, lowers[i]);
    if (fd < 0) return fd;
    length += (size_t)snprintf(options + length, size - length, "/proc/self/fd/%d%s", fd, i ? ":" : "");
  }
  if (length < size && args->upper[0]) {
    int upper = open_directory(launch, args->upper), work = open_directory(launch, args->work);
    if (upper < 0 || work < 0) return upper < 0 ? upper : work;
    length += (size_t)snprintf(options + length, size - length, ",upperdir=/proc/self/fd/%d,workdir=/proc/self/fd/%d", upper, work);
  }
  return length < size ? 0 : -E2BIG;
}

int run_mount_layers(struct launch *launch, const struct plan_op *op) {
  struct op_mount_layers args;
  op_mount_layers_read(op, &args);
  char options[4096], place[32];
  int result = stack_options(launch, &args, options, sizeof options);
  AUTO_CLOSE int directory = open_directory(launch, args.place);
  if (result == 0 && directory < 0) result = directory;
  snprintf(place, sizeof place, "/proc/self/fd/%d", directory);
  if (result == 0) result = sys_mount("overlay", place, "overlay", 0, options);
  if (result < 0) return result;
  /* By its path: the descriptor is of what lies below the mount. */
  snprintf(place, sizeof place, "/proc/self/fd/%d/../place", directory);
  AUTO_CLOSE int stack = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);
  AUTO_CLOSE int mount = stack < 0 ? -errno : part_of(launch, stack, args.subpath[0] ? args.subpath : "/");
  sys_umount(place, UMOUNT_DETACH);
  return mount < 0 ? mount : attach_part(launch, mount, args.destination, args.attributes, args.propagation);
}
