#define _GNU_SOURCE
#include "mounts.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "sys.h"

int mount_option(int fs, const char *option) {
  const char *equals = strchr(option, '=');
  char key[64];
  if (!equals) return sys_fsconfig(fs, FSCONFIG_FLAG, option, NULL);
  size_t length = (size_t)(equals - option);
  if (length >= sizeof key) return -EINVAL;
  memcpy(key, option, length);
  key[length] = 0;
  return sys_fsconfig(fs, FSCONFIG_STRING, key, equals + 1);
}

int mount_new(const char *type, const char *source, const struct plan_list *options, unsigned attributes, const char **refused) {
  AUTO_CLOSE int fs = sys_fsopen(type);
  if (fs < 0) return fs;
  int result = 0;
  if (source && *source) result = sys_fsconfig(fs, FSCONFIG_STRING, "source", source);
  const unsigned char *cursor = options ? options->first : NULL;
  for (uint32_t i = 0; result == 0 && options && i < options->count; i++) {
    const char *option = plan_take_string(&cursor);
    result = mount_option(fs, option);
    if (result < 0 && refused) *refused = option;
  }
  if (result == 0) result = sys_fsconfig(fs, FSCONFIG_CREATE, NULL, NULL);
  return result < 0 ? result : sys_fsmount(fs, attributes);
}

int mount_copy(int dir, const char *path, int recursive) {
  unsigned flags = OPEN_TREE_FLAG_CLONE | OPEN_TREE_FLAG_CLOEXEC | (*path ? 0 : AT_FLAG_EMPTY_PATH);
  int fd = sys_open_tree(dir, path, flags | (recursive ? AT_FLAG_RECURSIVE : 0));
  if (fd == -EINVAL && !recursive) fd = sys_open_tree(dir, path, flags | AT_FLAG_RECURSIVE);
  return fd;
}

int mount_change(int mount, uint64_t attributes, uint64_t propagation, int recursive) {
  struct sys_mount_attr attr = {.set = attributes, .propagation = propagation & ~(uint64_t)MOUNT_REC};
  /* The access time bits are a number, not flags. */
  if (attributes & (ATTR_ATIME_MASK)) attr.clear = ATTR_ATIME_MASK;
  int result = 0;
  if (attr.set) {
    struct sys_mount_attr only = attr;
    only.propagation = 0;
    result = sys_mount_setattr(mount, recursive ? AT_FLAG_RECURSIVE : 0, &only);
  }
  if (result == 0 && attr.propagation) {
    struct sys_mount_attr only = {.propagation = attr.propagation};
    result = sys_mount_setattr(mount, propagation & MOUNT_REC ? AT_FLAG_RECURSIVE : 0, &only);
  }
  return result;
}

int mount_change_old(int mount, uint64_t attributes) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", mount);
  /* MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC have the bits of the MOUNT_ATTR_ flags. */
  return sys_mount(NULL, path, NULL, MOUNT_REMOUNT | MOUNT_BIND | (attributes & 15), NULL);
}

int mount_attach(int mount, int target, uint64_t attributes, uint64_t propagation, int recursive) {
  int changed = mount_change(mount, attributes, propagation, recursive);
  if (changed < 0 && changed != -ENOSYS) return changed;
  int result = sys_move_mount(mount, target);
  if (result < 0 || changed == 0) return result;
  return (attributes & 15) ? mount_change_old(mount, attributes) : 0;
}
