/* What goes when a container has ended for good. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>

#include "launch.h"

#define MAX_DEPTH 4096

static int remove_below(int parent, const char *name, int depth);

static int remove_entries(int fd, int depth) {
  int result = 0;
  DIR *dir = fdopendir(fd);
  if (!dir) {
    result = -errno;
    close(fd);
    return result;
  }
  struct dirent *entry;
  while ((entry = readdir(dir))) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    int removed = entry->d_type != DT_DIR && unlinkat(dirfd(dir), entry->d_name, 0) == 0 ? 0 : remove_below(dirfd(dir), entry->d_name, depth + 1);
    if (removed < 0 && result == 0) result = removed;
  }
  closedir(dir);
  return result;
}

/* Never into what is mounted below: that is somebody else's. */
static int open_directory(int parent, const char *name, int depth) {
  return sys_openat2(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0, depth ? RESOLVE_FLAG_NO_XDEV : 0);
}

/* Never through a symbolic link, and everything else is tried when one entry resists. */
static int remove_below(int parent, const char *name, int depth) {
  if (unlinkat(parent, name, 0) == 0 || errno == ENOENT) return 0;
  if (errno != EISDIR && errno != EPERM) return -errno;
  if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT) return 0;
  if (errno != ENOTEMPTY && errno != EEXIST) return -errno;
  if (depth > MAX_DEPTH) return -ELOOP;
  int fd = open_directory(parent, name, depth);
  if (fd == -EACCES && fchmodat(parent, name, 0700, 0) == 0) fd = open_directory(parent, name, depth);
  if (fd < 0) return fd;
  int result = remove_entries(fd, depth);
  return unlinkat(parent, name, AT_REMOVEDIR) < 0 ? (result < 0 ? result : -errno) : 0;
}

int run_remove_tree(struct launch *launch, const struct plan_op *op) {
  (void)launch;
  struct op_remove_tree args;
  op_remove_tree_read(op, &args);
  return remove_below(AT_FDCWD, args.path, 0);
}

int run_unlink(struct launch *launch, const struct plan_op *op) {
  (void)launch;
  struct op_unlink args;
  op_unlink_read(op, &args);
  return unlink(args.path) < 0 && errno != ENOENT ? -errno : 0;
}

int run_remove_links(struct launch *launch, const struct plan_op *op) {
  (void)launch;
  struct op_remove_links args;
  op_remove_links_read(op, &args);
  AUTO_CLOSEDIR DIR *dir = opendir(args.directory);
  if (!dir) return errno == ENOENT ? 0 : -errno;
  size_t length = strlen(args.target);
  char target[4096];
  struct dirent *entry;
  while ((entry = readdir(dir))) {
    if (readlinkat(dirfd(dir), entry->d_name, target, sizeof target) != (ssize_t)length || memcmp(target, args.target, length) != 0) continue;
    if (unlinkat(dirfd(dir), entry->d_name, 0) < 0 && errno != ENOENT) return -errno;
  }
  return 0;
}

static int clean_up(struct launch *launch, const struct plan_op *op) {
  switch (op->code) {
  case OP_REMOVE_LINKS: return run_remove_links(launch, op);
  case OP_UNLINK: return run_unlink(launch, op);
  default: return run_remove_tree(launch, op);
  }
}

int container_cleanup(const struct plan *plan) {
  struct report report = {0};
  struct launch launch;
  launch_init(&launch, plan, &report);
  int result = 0;
  struct plan_range range = plan->sections[PLAN_SECTION_CLEANUP];
  for (uint32_t index = range.first; index < range.first + range.count; index++) {
    struct plan_op op = plan_op_at(plan, index);
    int done = clean_up(&launch, &op);
    if (done < 0 && result == 0) result = done;
  }
  return result;
}
