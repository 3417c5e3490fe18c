#define _GNU_SOURCE
#include "confined.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "cleanup.h"
#include "sys.h"

#define MAX_LINKS 16
#define PROC_MAGIC 0x9fa0
#define PROC_ROOT_INODE 1

int confined_open(int root, const char *path, uint64_t flags) {
  return sys_openat2(root, path, flags | O_CLOEXEC, 0, RESOLVE_FLAG_IN_ROOT | RESOLVE_FLAG_NO_MAGICLINKS);
}

static int make_path(int root, const char *path, enum confined_kind kind, mode_t mode, int links);

static int make_one(int parent, const char *name, enum confined_kind kind, mode_t mode) {
  if (kind == CONFINED_DIRECTORY) return mkdirat(parent, name, mode) < 0 ? -errno : 0;
  int fd = openat(parent, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, mode);
  if (fd < 0) return -errno;
  close(fd);
  return 0;
}

/* A symbolic link whose target is missing: its target is what has to be made, as in images where /var/run is -> /run. */
static int follow_dangling(int root, const char *prefix, size_t parent_length, int parent, const char *name, enum confined_kind kind, mode_t mode, int links) {
  char target[4096], joined[8200];
  ssize_t length = readlinkat(parent, name, target, sizeof target - 1);
  if (length < 0) return errno == EINVAL ? -ENOTDIR : -errno;
  target[length] = 0;
  if (target[0] == '/') snprintf(joined, sizeof joined, "%s", target);
  else snprintf(joined, sizeof joined, "%.*s/%s", (int)parent_length, prefix, target);
  return make_path(root, joined, kind, mode, links + 1);
}

static int make_path(int root, const char *path, enum confined_kind kind, mode_t mode, int links) {
  char prefix[8200];
  size_t length = 0;
  if (links > MAX_LINKS) return -ELOOP;
  if (strlen(path) >= sizeof prefix - 1) return -ENAMETOOLONG;
  AUTO_CLOSE int parent = confined_open(root, "/", O_PATH | O_DIRECTORY);
  if (parent < 0) return parent;
  const char *rest = path + strspn(path, "/");
  while (*rest) {
    size_t size = strcspn(rest, "/");
    const char *next = rest + size + strspn(rest + size, "/");
    size_t parent_length = length;
    prefix[length++] = '/';
    memcpy(prefix + length, rest, size);
    prefix[length += size] = 0;
    const char *name = prefix + parent_length + 1;
    enum confined_kind wanted = *next ? CONFINED_DIRECTORY : kind;
    uint64_t flags = O_PATH | (wanted == CONFINED_DIRECTORY ? O_DIRECTORY : 0);
    int fd = confined_open(root, prefix, flags);
    if (fd == -ENOENT) {
      int made = make_one(parent, name, wanted, wanted == kind && !*next ? mode : 0755);
      if (made == -EEXIST) made = follow_dangling(root, prefix, parent_length, parent, name, wanted, mode, links);
      if (made < 0 && made != -EEXIST) return made;
      if (made > 0) close(made);
      fd = confined_open(root, prefix, flags);
    }
    if (fd < 0) return fd;
    close(parent);
    parent = fd;
    rest = next;
  }
  return take_fd(&parent);
}

int confined_make(int root, const char *path, enum confined_kind kind, mode_t mode) {
  uint64_t flags = O_PATH | (kind == CONFINED_DIRECTORY ? O_DIRECTORY : 0);
  int fd = confined_open(root, path, flags);
  return fd == -ENOENT ? make_path(root, path, kind, mode, 0) : fd;
}

int confined_parent(int root, const char *path, const char **name) {
  char parent[4096];
  const char *slash = strrchr(path, '/');
  *name = slash ? slash + 1 : path;
  if (!**name || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0) return -EINVAL;
  size_t length = slash ? (size_t)(slash - path) : 0;
  if (length == 0) return confined_open(root, "/", O_PATH | O_DIRECTORY);
  if (length >= sizeof parent) return -ENAMETOOLONG;
  memcpy(parent, path, length);
  parent[length] = 0;
  return confined_make(root, parent, CONFINED_DIRECTORY, 0755);
}

int confined_open_own(int proc, const char *path) {
  struct statfs system;
  struct stat status;
  if (fstatfs(proc, &system) < 0 || fstat(proc, &status) < 0) return -errno;
  if (system.f_type != PROC_MAGIC || status.st_ino != PROC_ROOT_INODE) return -ENODEV;
  /* "self" is a link, and of this /proc. */
  return sys_openat2(proc, path, O_WRONLY | O_CLOEXEC, 0, RESOLVE_FLAG_NO_XDEV | RESOLVE_FLAG_NO_MAGICLINKS);
}
