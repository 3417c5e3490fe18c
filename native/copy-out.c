/* The applets `copy-stat VIEW PATH [--no-follow]`: what a path is, as JSON; and `copy-out VIEW PATH NAME [--no-follow]`: a file or tree as
 * a tar on standard output, its first entry called NAME; with an empty NAME only what is in the directory. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "applets.h"
#include "copy-view.h"
#include "layer-base.h"
#include "tree-archive.h"
#include "tree-stack.h"

#define MAX_DEPTH 500

static int refused(const char *path, int error)
{
  return layer_fail(error, error == ENOENT || error == ENOTDIR ? "path-unknown" : "path-not-read", path, "%s", error == ENOENT ? "no such file or directory" : strerror(error));
}

static int write_tree(struct tree_archive *archive, int parent, const char *name, const char *path, int depth);

static int write_content(struct tree_archive *archive, int fd, const char *path, int depth)
{
  struct tree_level level = {.fds = &fd, .count = 1};
  struct tree_names names = {0};
  char below[PATH_MAX];
  int result = depth > MAX_DEPTH ? -ELOOP : copy_is_kernel_file(fd) ? 0 : tree_level_names(&level, &names);
  tree_names_sort(&names);
  for (size_t i = 0; result == 0 && i < names.count; i++) {
    int length = snprintf(below, sizeof below, "%s%s%s", path, path[0] ? "/" : "", names.names[i]);
    result = length >= (int)sizeof below ? -ENAMETOOLONG : write_tree(archive, fd, names.names[i], below, depth + 1);
  }
  tree_names_free(&names);
  return result;
}

static int write_tree(struct tree_archive *archive, int parent, const char *name, const char *path, int depth)
{
  struct stat status;
  if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
    return errno == ENOENT && depth > 0 ? 0 : refused(path, errno);
  int result = path[0] == 0 ? 0 : tree_archive_entry(archive, parent, name, path, &status);
  /* What goes away while it is copied was not there; devices of the host that this user may not open are left out. */
  if (depth > 0 && (result == -ENOENT || (result == -EACCES && !S_ISREG(status.st_mode))))
    return 0;
  if (result < 0)
    return refused(path, -result);
  if (!S_ISDIR(status.st_mode))
    return 0;
  layer_fd fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  return fd < 0 ? refused(path, errno) : write_content(archive, fd, path, depth);
}

static int copy_out(struct copy_view *view, const char *path, const char *name, int follow)
{
  static struct tree_archive archive;
  char last[256];
  layer_fd parent = copy_locate(view->root, path, follow, last);
  if (parent < 0)
    return refused(path, -parent);
  if (copy_is_kernel_file(parent))
    return layer_fail(EPERM, "path-refused", path, "files of the kernel (/proc, /sys) are not copied");
  int result = tree_archive_open(&archive, 1);
  if (result == 0)
    result = write_tree(&archive, parent, last, name, 0);
  return result == 0 ? tree_archive_finish(&archive) : result;
}

static int copy_stat(struct copy_view *view, const char *path, int follow)
{
  char last[256];
  struct stat status;
  layer_fd parent = copy_locate(view->root, path, follow, last);
  if (parent < 0 && parent != -ENOENT && parent != -ENOTDIR)
    return refused(path, -parent);
  int is_there = parent >= 0 && fstatat(parent, last, &status, AT_SYMLINK_NOFOLLOW) == 0;
  const char *kind = !is_there ? "missing" : S_ISDIR(status.st_mode) ? "directory" : S_ISREG(status.st_mode) ? "file" : S_ISLNK(status.st_mode) ? "link" : "other";
  return printf("{\"kind\":\"%s\",\"hasParent\":%s}\n", kind, parent >= 0 ? "true" : "false") < 0 ? -EIO : 0;
}

static int run(int argc, char **argv, int words)
{
  struct copy_view view;
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
  }
  int follow = argc < 2 || strcmp(argv[argc - 1], "--no-follow") != 0, at = 1;
  argc -= !follow;
  int result = copy_view_open(&view, argv, argc, &at);
  if (result == 0 && argc - at != words)
    result = -EINVAL;
  if (result == 0)
    result = words == 1 ? copy_stat(&view, argv[at], follow) : copy_out(&view, argv[at], argv[at + 1], follow);
  if (result < 0)
    layer_fail(-result, "path-not-read", NULL, "%s", strerror(-result));
  if (result == 0 && fflush(stdout) != 0)
    result = -errno;
  copy_view_close(&view);
  return result < 0 ? layer_report_failure() : 0;
}

int applet_copy_stat(int argc, char **argv)
{
  return run(argc, argv, 1);
}

int applet_copy_out(int argc, char **argv)
{
  return run(argc, argv, 2);
}
