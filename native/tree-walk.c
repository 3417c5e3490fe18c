#define _GNU_SOURCE
#include "tree-walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "sys.h"

#define MAX_DEPTH 400

static int failed(struct tree_walk *walk, const char *name, int error) {
  if (!walk->failed[0]) snprintf(walk->failed, sizeof walk->failed, "%s", name);
  return error;
}

static int walk_content(struct tree_walk *walk, int fd, int depth);

/* 1: it was gone through; 0: it is gone, or a mount; -errno. */
static int walk_directory(struct tree_walk *walk, int dir, const char *name, int depth) {
  AUTO_CLOSE int fd = sys_openat2(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0, RESOLVE_FLAG_NO_XDEV);
  if (fd == -EXDEV || fd == -ENOENT) return 0;
  if (fd < 0) return fd;
  int result = depth < MAX_DEPTH ? walk_content(walk, fd, depth + 1) : -ELOOP;
  return result < 0 ? result : 1;
}

static int walk_entry(struct tree_walk *walk, int dir, const char *name, int depth) {
  struct stat status;
  if (fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) < 0) return errno == ENOENT ? 0 : failed(walk, name, -errno);
  int result = S_ISDIR(status.st_mode) ? walk_directory(walk, dir, name, depth) : 1;
  if (result == 1) result = walk->visit(walk->context, dir, name, &status);
  return result < 0 ? failed(walk, name, result) : 0;
}

static int walk_content(struct tree_walk *walk, int fd, int depth) {
  int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  AUTO_CLOSEDIR DIR *directory = copy < 0 ? NULL : fdopendir(copy);
  if (!directory) return -errno;
  int result = 0;
  for (struct dirent *entry; result == 0 && (entry = readdir(directory));)
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) result = walk_entry(walk, fd, entry->d_name, depth);
  return result;
}

int tree_walk(struct tree_walk *walk, int fd) {
  return walk_content(walk, fd, 0);
}
