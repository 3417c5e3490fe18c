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

int run_mount_subpath(struct launch *launch, const struct plan_op *op) {
  struct op_mount_subpath args;
  op_mount_subpath_read(op, &args);
  AUTO_CLOSE int tree = open(args.source, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (tree < 0) {
    launch_explain(launch, "source", args.source);
    return -errno;
  }
  AUTO_CLOSE int mount = part_of(launch, tree, args.subpath);
  return mount < 0 ? mount : attach_part(launch, mount, args.destination, args.attributes, args.propagation);
}

/* mount(2) takes one page of options, so every directory is named by its descriptor; they all are closed at the exec. */
static int stack_options(const struct op_mount_layers *args, char *options, size_t size) {
  AUTO_FREE char **lowers = plan_list_array(args->lowers, 0);
  if (!lowers) return -ENOMEM;
  size_t length = (size_t)snprintf(options, size, "userxattr,lowerdir=");
  for (uint32_t i = args->lowers.count; i-- > 0 && length < size;) {
    int fd = open(lowers[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return -errno;
    length += (size_t)snprintf(options + length, size - length, "/proc/self/fd/%d%s", fd, i ? ":" : "");
  }
  if (length < size && args->upper[0]) {
    int upper = open(args->upper, O_PATH | O_DIRECTORY | O_CLOEXEC), work = open(args->work, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (upper < 0 || work < 0) return -errno;
    length += (size_t)snprintf(options + length, size - length, ",upperdir=/proc/self/fd/%d,workdir=/proc/self/fd/%d", upper, work);
  }
  return length < size ? 0 : -E2BIG;
}

int run_mount_layers(struct launch *launch, const struct plan_op *op) {
  struct op_mount_layers args;
  op_mount_layers_read(op, &args);
  char options[4096];
  int result = stack_options(&args, options, sizeof options);
  if (result == 0) result = sys_mount("overlay", args.place, "overlay", 0, options);
  if (result < 0) return result;
  AUTO_CLOSE int stack = open(args.place, O_PATH | O_DIRECTORY | O_CLOEXEC);
  AUTO_CLOSE int mount = stack < 0 ? -errno : part_of(launch, stack, args.subpath[0] ? args.subpath : "/");
  sys_umount(args.place, UMOUNT_DETACH);
  return mount < 0 ? mount : attach_part(launch, mount, args.destination, args.attributes, args.propagation);
}
