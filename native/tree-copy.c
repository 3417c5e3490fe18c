/* The applet `copy-tree [--note UIDS/GIDS] [--merge] SOURCE DESTINATION`: copies the content of one directory into another and gives it the
 * attributes of the first. With --merge SOURCE is a layer: whiteouts remove, opaque directories hide what was there. Does not enter mounts.
 * With --note everything stays the caller's: whose it was, as the map has it, is noted as in a layer of a single id. */
#define _GNU_SOURCE
#include "tree-copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "applets.h"
#include "layer-base.h"
#include "owner-tree.h"
#include "tree-links.h"

#define MAX_DEPTH 500
#define NAMES_MAX 65536

struct copying {
  int is_merge;
  bool is_fill; /* what the target's file system or this user namespace does not have is left out, mounts are entered */
  int to_root;
  dev_t device;
  char path[PATH_MAX];
  struct tree_links links;
  char *names, *value;
  struct owner_change noted; /* without ranges: owners are given */
};

static int failed(const struct copying *copying, int error)
{
  return layer_fail(error, "tree-not-copied", copying->path, "cannot copy: %s", strerror(error));
}

/* 1: the file was linked to its copy, 0: it is to be copied, and if this is the first of its names, it is noted. */
static int try_link(struct copying *copying, const struct stat *status, int to, const char *name)
{
  const char *first;
  int result = tree_find_link(&copying->links, status, copying->path, &first);
  if (result != 1 || linkat(copying->to_root, first, to, name, 0) == 0)
    return result;
  return copying->is_fill ? 0 : -errno;
}

/* Attributes that speak to an overlay stay behind. fd -1: a link or special file, by name. */
static void copy_xattrs(struct copying *copying, int from, int from_fd, int to, int to_fd, const char *name)
{
  char source[64 + NAME_MAX], target[64 + NAME_MAX];
  snprintf(source, sizeof source, "/proc/self/fd/%d/%s", from, name);
  snprintf(target, sizeof target, "/proc/self/fd/%d/%s", to, name);
  ssize_t length = from_fd >= 0 ? flistxattr(from_fd, copying->names, NAMES_MAX) : llistxattr(source, copying->names, NAMES_MAX);
  for (ssize_t at = 0; at < length; at += (ssize_t)strlen(copying->names + at) + 1) {
    const char *key = copying->names + at;
    if (strncmp(key, "user.overlay.", 13) == 0 || strncmp(key, "user.fuseoverlayfs.", 19) == 0 || strncmp(key, "trusted.", 8) == 0 || strcmp(key, "security.selinux") == 0)
      continue;
    ssize_t size = from_fd >= 0 ? fgetxattr(from_fd, key, copying->value, NAMES_MAX) : lgetxattr(source, key, copying->value, NAMES_MAX);
    if (size >= 0)
      (void)(to_fd >= 0 ? fsetxattr(to_fd, key, copying->value, (size_t)size, 0) : lsetxattr(target, key, copying->value, (size_t)size, 0));
  }
}

static int copy_owner(struct copying *copying, int to, int to_fd, const char *name, const struct stat *status)
{
  if (copying->noted.uids == NULL) {
    int result = to_fd >= 0 ? fchown(to_fd, status->st_uid, status->st_gid) : fchownat(to, name, status->st_uid, status->st_gid, AT_SYMLINK_NOFOLLOW);
    return result < 0 && !(copying->is_fill && (errno == EPERM || errno == EINVAL)) ? -errno : 0;
  }
  struct owner owner = owner_after(&copying->noted, status);
  char text[48];
  int length = snprintf(text, sizeof text, "%u:%u", owner.uid, owner.gid);
  if (to_fd >= 0 && (owner.uid != 0 || owner.gid != 0))
    (void)fsetxattr(to_fd, "user.cala.owner", text, (size_t)length, 0);
  return 0;
}

/* After the content: writing changes times and clears capabilities. */
static int copy_attributes(struct copying *copying, int from, int from_fd, int to, int to_fd, const char *name, const struct stat *status)
{
  struct timespec times[2] = {status->st_atim, status->st_mtim};
  int result = copy_owner(copying, to, to_fd, name, status);
  if (result < 0)
    return result;
  if (!S_ISLNK(status->st_mode) && (to_fd >= 0 ? fchmod(to_fd, status->st_mode & 07777) : fchmodat(to, name, status->st_mode & 07777, 0)) < 0)
    return -errno;
  copy_xattrs(copying, from, from_fd, to, to_fd, name);
  result = to_fd >= 0 ? futimens(to_fd, times) : utimensat(to, name, times, AT_SYMLINK_NOFOLLOW);
  return result < 0 ? -errno : 0;
}

static int copy_file(struct copying *copying, int from, int to, const char *name, const struct stat *status)
{
  layer_fd source = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (source < 0)
    return -errno;
  layer_fd target = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (target < 0)
    return -errno;
  int result = tree_copy_data(source, target, (unsigned long long)status->st_size);
  return result < 0 ? result : copy_attributes(copying, from, source, to, target, name, status);
}

static int copy_special(struct copying *copying, int from, int to, const char *name, const struct stat *status)
{
  char link[PATH_MAX];
  int result;
  if (S_ISLNK(status->st_mode)) {
    ssize_t length = readlinkat(from, name, link, sizeof link - 1);
    if (length < 0)
      return -errno;
    link[length] = 0;
    result = symlinkat(link, to, name);
  } else if (S_ISFIFO(status->st_mode) || S_ISSOCK(status->st_mode) || (S_ISCHR(status->st_mode) && status->st_rdev == 0)) {
    result = mknodat(to, name, status->st_mode, 0);
  } else {
    return 0; /* a device: a user namespace may not make one */
  }
  return result < 0 ? -errno : copy_attributes(copying, from, -1, to, -1, name, status);
}

static int copy_content(struct copying *copying, int from, int to, int depth);

static int is_opaque(int fd)
{
  char value;
  return fgetxattr(fd, "user.overlay.opaque", &value, 1) == 1 && value == 'y';
}

static int copy_directory(struct copying *copying, int from, int to, const char *name, const struct stat *status, int depth)
{
  layer_fd source = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (source < 0)
    return -errno;
  int result = copying->is_merge && is_opaque(source) ? tree_remove_at(to, name) : 0;
  if (result == 0 && mkdirat(to, name, 0700) < 0 && !(errno == EEXIST && copying->is_merge))
    result = -errno;
  layer_fd target = result < 0 ? -1 : openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (target < 0)
    return result < 0 ? result : -errno;
  if (depth > MAX_DEPTH)
    return -ELOOP;
  result = copying->is_fill || status->st_dev == copying->device ? copy_content(copying, source, target, depth + 1) : 0;
  return result < 0 ? result : copy_attributes(copying, from, source, to, target, name, status);
}

/* A layer's entry takes the place of what is there; only a directory over a directory is merged. */
static int make_room(struct copying *copying, int to, const char *name, const struct stat *status)
{
  struct stat there;
  if (!copying->is_merge || fstatat(to, name, &there, AT_SYMLINK_NOFOLLOW) < 0)
    return 0;
  return S_ISDIR(there.st_mode) && S_ISDIR(status->st_mode) ? 0 : tree_remove_at(to, name);
}

static int copy_entry(struct copying *copying, int from, int to, const char *name, int depth)
{
  struct stat status;
  if (fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
    return -errno;
  int result = make_room(copying, to, name, &status);
  if (result < 0 || (copying->is_merge && S_ISCHR(status.st_mode) && status.st_rdev == 0))
    return result;
  if ((result = try_link(copying, &status, to, name)) != 0)
    return result < 0 ? result : 0;
  if (S_ISDIR(status.st_mode))
    return copy_directory(copying, from, to, name, &status, depth);
  return S_ISREG(status.st_mode) ? copy_file(copying, from, to, name, &status) : copy_special(copying, from, to, name, &status);
}

static int copy_content(struct copying *copying, int from, int to, int depth)
{
  int fd = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *directory = fd < 0 ? NULL : fdopendir(fd);
  if (directory == NULL)
    return -errno;
  size_t end = strlen(copying->path);
  int result = 0;
  for (struct dirent *entry; result == 0 && (entry = readdir(directory)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
      continue;
    int length = snprintf(copying->path + end, sizeof copying->path - end, "%s%s", end > 0 ? "/" : "", entry->d_name);
    result = (size_t)length >= sizeof copying->path - end ? -ENAMETOOLONG : copy_entry(copying, from, to, entry->d_name, depth);
    if (result < 0)
      failed(copying, -result);
    copying->path[end] = 0;
  }
  closedir(directory);
  return result;
}

static int copy_whole(struct copying *copying, int from, int to)
{
  struct stat status;
  if (fstat(from, &status) < 0)
    return -errno;
  copying->to_root = to;
  copying->device = status.st_dev;
  copying->names = malloc(NAMES_MAX);
  copying->value = malloc(NAMES_MAX);
  int result = copying->names == NULL || copying->value == NULL ? -ENOMEM : copy_content(copying, from, to, 0);
  if (result == 0)
    result = copy_attributes(copying, from, from, to, to, ".", &status);
  free(copying->names);
  free(copying->value);
  tree_forget_links(&copying->links);
  return result;
}

int tree_fill(int from, int to)
{
  struct copying copying = {.is_merge = 1, .is_fill = true};
  return copy_whole(&copying, from, to);
}

static int copy_tree_paths(struct copying *copying, const char *source, const char *destination)
{
  layer_fd from = open(source, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  layer_fd to = open(destination, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return from < 0 || to < 0 ? -errno : copy_whole(copying, from, to);
}

int applet_copy_tree(int argc, char **argv)
{
  struct copying copying = {0};
  bool notes = argc > 3 && strcmp(argv[1], "--note") == 0;
  if (notes && owner_change_parse(argv[2], &copying.noted) < 0)
    return layer_fail(EINVAL, "usage", NULL, "the map \"%s\" is none", argv[2]), layer_report_failure();
  argc -= notes ? 2 : 0;
  argv += notes ? 2 : 0;
  copying.is_merge = argc == 4 && strcmp(argv[1], "--merge") == 0;
  struct rlimit limit;
  int result = 0;
  umask(0);
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
  }
  if (argc != 3 && !copying.is_merge)
    result = layer_fail(EINVAL, "usage", NULL, "usage: copy-tree [--note UIDS/GIDS] [--merge] SOURCE DESTINATION");
  else if ((result = copy_tree_paths(&copying, argv[argc - 2], argv[argc - 1])) < 0)
    failed(&copying, -result);
  return result < 0 ? layer_report_failure() : 0;
}
