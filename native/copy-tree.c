#define _GNU_SOURCE
#include "copy-tree.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "cleanup.h"

#define MAX_DEPTH 128

static int is_dot(const char *name) {
  return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static DIR *open_listing(int fd) {
  int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return NULL;
  DIR *dir = fdopendir(copy);
  if (!dir) close(copy);
  return dir;
}

int directory_is_empty(int fd) {
  AUTO_CLOSEDIR DIR *dir = open_listing(fd);
  if (!dir) return -errno;
  struct dirent *entry;
  while ((entry = readdir(dir)))
    if (!is_dot(entry->d_name)) return 0;
  return 1;
}

/* Overlay's own attributes describe the layer, not the file. */
static int copies_attribute(const char *name) {
  return strncmp(name, "user.overlay.", 13) != 0 && strncmp(name, "trusted.", 8) != 0 && strncmp(name, "security.selinux", 16) != 0;
}

static void copy_attributes(int from, int to) {
  char names[4096], value[4096];
  ssize_t length = flistxattr(from, names, sizeof names);
  for (ssize_t at = 0; at < length; at += (ssize_t)strlen(names + at) + 1) {
    if (!copies_attribute(names + at)) continue;
    ssize_t size = fgetxattr(from, names + at, value, sizeof value);
    if (size >= 0) fsetxattr(to, names + at, value, (size_t)size, 0);
  }
}

static int copy_status(int from, int to, const struct stat *status) {
  if (fchown(to, status->st_uid, status->st_gid) < 0 && errno != EPERM && errno != EINVAL) return -errno;
  /* After the owner: changing that clears the set-id bits and file capabilities. */
  if (fchmod(to, status->st_mode & 07777) < 0) return -errno;
  copy_attributes(from, to);
  struct timespec times[2] = {status->st_atim, status->st_mtim};
  return futimens(to, times) < 0 ? -errno : 0;
}

static int copy_bytes(int from, int to) {
  for (;;) {
    ssize_t count = copy_file_range(from, NULL, to, NULL, 1 << 30, 0);
    if (count < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)) count = sendfile(to, from, NULL, 1 << 20);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -errno;
    if (count == 0) return 0;
  }
}

static int copy_file(int from_dir, int to_dir, const char *name) {
  AUTO_CLOSE int from = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (from < 0) return -errno;
  struct stat status;
  if (fstat(from, &status) < 0) return -errno;
  if (!S_ISREG(status.st_mode)) return 0;
  AUTO_CLOSE int to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (to < 0) return -errno;
  int result = copy_bytes(from, to);
  return result < 0 ? result : copy_status(from, to, &status);
}

static int copy_link(int from_dir, int to_dir, const char *name, const struct stat *status) {
  char target[4096];
  ssize_t length = readlinkat(from_dir, name, target, sizeof target - 1);
  if (length < 0) return -errno;
  target[length] = 0;
  if (symlinkat(target, to_dir, name) < 0) return -errno;
  return fchownat(to_dir, name, status->st_uid, status->st_gid, AT_SYMLINK_NOFOLLOW) < 0 && errno != EPERM && errno != EINVAL ? -errno : 0;
}

static int copy_directory(int from, int to, int depth);

static int copy_subdirectory(int from_dir, int to_dir, const char *name, int depth) {
  AUTO_CLOSE int from = openat(from_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (from < 0) return -errno;
  if (mkdirat(to_dir, name, 0700) < 0 && errno != EEXIST) return -errno;
  AUTO_CLOSE int to = openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  return to < 0 ? -errno : copy_directory(from, to, depth + 1);
}

static int copy_entry(int from, int to, const char *name, int depth) {
  struct stat status;
  if (fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) < 0) return -errno;
  switch (status.st_mode & S_IFMT) {
    case S_IFREG: return copy_file(from, to, name);
    case S_IFDIR: return copy_subdirectory(from, to, name, depth);
    case S_IFLNK: return copy_link(from, to, name, &status);
    case S_IFIFO:
    case S_IFSOCK:
      if (mknodat(to, name, status.st_mode, 0) < 0) return -errno;
      return fchownat(to, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) < 0 && errno != EPERM ? -errno : 0;
    default: return 0;
  }
}

static int copy_directory(int from, int to, int depth) {
  if (depth > MAX_DEPTH) return -ELOOP;
  struct stat status;
  if (fstat(from, &status) < 0) return -errno;
  AUTO_CLOSEDIR DIR *dir = open_listing(from);
  if (!dir) return -errno;
  struct dirent *entry;
  while ((entry = readdir(dir))) {
    if (is_dot(entry->d_name)) continue;
    int result = copy_entry(from, to, entry->d_name, depth);
    /* What an earlier attempt left may be incomplete. */
    if (result == -EEXIST && unlinkat(to, entry->d_name, 0) == 0) result = copy_entry(from, to, entry->d_name, depth);
    if (result < 0) return result;
  }
  return copy_status(from, to, &status);
}

int copy_tree(int from, int to) {
  return copy_directory(from, to, 0);
}
