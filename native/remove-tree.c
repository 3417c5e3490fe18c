/* The applet `remove-tree PATH…`: removes files and trees of any depth, whoever owns them, without following links or entering mounts. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "applets.h"
#include "layer-base.h"
#include "tree-copy.h"

#define MAX_DEPTH 500

struct removal {
  int top; /* deeper trees than MAX_DEPTH are moved here, then removed in another round */
  uint64_t moved;
  const char *path;
};

static int refused(const struct removal *removal, const char *name, int error)
{
  return layer_fail(error, error == EXDEV ? "tree-has-mount" : "tree-not-removed", name, "cannot remove \"%s\": %s", removal->path,
                    error == EXDEV ? "something is mounted below it" : strerror(error));
}

static int open_directory(int parent, const char *name)
{
  struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, .resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS};
  long fd = syscall(SYS_openat2, parent, name, &how, sizeof how);
  if (fd >= 0 || errno != EACCES || fchmodat(parent, name, 0700, 0) < 0)
    return (int)fd;
  return (int)syscall(SYS_openat2, parent, name, &how, sizeof how);
}

static int remove_one(struct removal *removal, int parent, const char *name, int is_directory, int depth);

/* Consumes fd. A directory is read again until it is empty: entries may be skipped while others are unlinked. */
static int remove_content(struct removal *removal, int fd, int depth)
{
  DIR *directory = fdopendir(fd);
  if (directory == NULL) {
    close(fd);
    return -ENOMEM;
  }
  int result = 0;
  for (struct dirent *entry; result == 0 && (entry = readdir(directory)) != NULL;) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      result = remove_one(removal, fd, entry->d_name, entry->d_type == DT_DIR, depth);
  }
  closedir(directory);
  return result;
}

static int remove_one(struct removal *removal, int parent, const char *name, int is_directory, int depth)
{
  if (!is_directory && (unlinkat(parent, name, 0) == 0 || errno == ENOENT))
    return 0;
  if (!is_directory && errno == EACCES && fchmod(parent, 0700) == 0 && unlinkat(parent, name, 0) == 0)
    return 0;
  if (!is_directory && errno != EISDIR && errno != EPERM)
    return refused(removal, name, errno);
  if (depth > MAX_DEPTH) {
    char place[40];
    snprintf(place, sizeof place, ".cala-deep-%llu", (unsigned long long)removal->moved++);
    return renameat(parent, name, removal->top, place) < 0 ? refused(removal, name, errno) : 0;
  }
  int fd = open_directory(parent, name);
  if (fd < 0)
    return errno == ENOENT ? 0 : refused(removal, name, errno);
  int result = remove_content(removal, fd, depth + 1);
  if (result < 0)
    return result;
  if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
    return 0;
  if (errno == EACCES && fchmod(parent, 0700) == 0 && unlinkat(parent, name, AT_REMOVEDIR) == 0)
    return 0;
  return refused(removal, name, errno);
}

static int remove_path(const char *path)
{
  struct removal removal = {.top = -1, .path = path};
  struct stat status;
  if (path[0] != '/' || path[strspn(path, "/")] == 0)
    return layer_fail(EINVAL, "usage", NULL, "\"%s\" is not an absolute path below the root", path);
  if (lstat(path, &status) < 0)
    return errno == ENOENT || errno == ENOTDIR ? 0 : refused(&removal, path, errno);
  if (!S_ISDIR(status.st_mode))
    return unlink(path) < 0 && errno != ENOENT ? refused(&removal, path, errno) : 0;
  layer_fd top = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (top < 0 && errno == EACCES && chmod(path, 0700) == 0)
    top = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (top < 0)
    return refused(&removal, path, errno);
  removal.top = top;
  for (uint64_t moved = 1; moved > 0;) {
    uint64_t before = removal.moved;
    int fd = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = fd < 0 ? refused(&removal, path, errno) : remove_content(&removal, fd, 0);
    if (result < 0)
      return result;
    if (rmdir(path) == 0 || errno == ENOENT)
      return 0;
    moved = errno == ENOTEMPTY || errno == EEXIST ? removal.moved - before : 0;
  }
  return refused(&removal, path, errno);
}

int tree_remove_at(int parent, const char *name)
{
  struct removal removal = {.top = parent, .path = name};
  return remove_one(&removal, parent, name, 0, 0);
}

int applet_remove_tree(int argc, char **argv)
{
  struct rlimit limit;
  int result = argc < 2 ? layer_fail(EINVAL, "usage", NULL, "usage: remove-tree PATH…") : 0;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
  }
  for (int i = 1; i < argc; i++) {
    int removed = remove_path(argv[i]);
    if (result == 0)
      result = removed;
  }
  return result < 0 ? layer_report_failure() : 0;
}
