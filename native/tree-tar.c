/* The applets `tree-tar ROOT` and `layer-diff UPPER`: a tar of a tree on standard output, names sorted. layer-diff reads an overlay's
 * upper directory: whiteouts become .wh.NAME, opaque directories .wh..wh..opq. Neither enters mounts; sockets are left out. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "applets.h"
#include "layer-base.h"
#include "tar-writer.h"
#include "tree-links.h"

#define MAX_DEPTH 500
#define NAMES_MAX 65536
#define OPAQUE_NAME ".wh..wh..opq"

struct archive {
  struct tar_writer writer;
  struct tree_links links;
  int is_diff;
  dev_t device;
  char path[PATH_MAX + 16];
  char *names, *value;
};

static int failed(const struct archive *archive, int error)
{
  return layer_fail(error, "tree-not-read", archive->path, "cannot read: %s", strerror(error));
}

static int is_private(const char *name)
{
  return strncmp(name, "user.overlay.", 13) == 0 || strncmp(name, "user.fuseoverlayfs.", 19) == 0 || strncmp(name, "user.cala.", 10) == 0 ||
         strncmp(name, "trusted.", 8) == 0 || strcmp(name, "security.selinux") == 0;
}

/* Extended attributes as pax records; the owner that a single-id store noted replaces the file's. */
static int read_xattrs(struct archive *archive, const char *file, struct tar_item *item)
{
  ssize_t length = llistxattr(file, archive->names, NAMES_MAX);
  int result = 0;
  for (ssize_t at = 0; result == 0 && at < length; at += (ssize_t)strlen(archive->names + at) + 1) {
    const char *name = archive->names + at;
    char key[300];
    int is_owner = strcmp(name, "user.cala.owner") == 0;
    if (is_private(name) && !is_owner)
      continue;
    ssize_t size = lgetxattr(file, name, archive->value, NAMES_MAX - 1);
    if (size < 0)
      continue;
    archive->value[size] = 0;
    long long uid, gid;
    if (is_owner && sscanf(archive->value, "%lld:%lld", &uid, &gid) == 2) {
      item->uid = uid;
      item->gid = gid;
    } else if (!is_owner) {
      snprintf(key, sizeof key, "SCHILY.xattr.%s", name);
      result = tar_write_record(&archive->writer, key, archive->value, (size_t)size);
    }
  }
  return result;
}

static void fill_item(struct tar_item *item, const struct archive *archive, const struct stat *status)
{
  *item = (struct tar_item){.name = archive->path, .mode = status->st_mode & 07777, .uid = status->st_uid, .gid = status->st_gid,
                            .mtime_seconds = status->st_mtim.tv_sec, .mtime_nanoseconds = (uint32_t)status->st_mtim.tv_nsec};
}

/* A name below the current directory, for what has no file of its own. end is the length of the directory's path. */
static int write_mark(struct archive *archive, size_t end, const char *prefix, const char *name, const struct stat *status)
{
  struct tar_item item;
  fill_item(&item, archive, status);
  snprintf(archive->path + end, sizeof archive->path - end, "%s%s", prefix, name);
  item.type = '0';
  item.mode = 0;
  item.uid = item.gid = 0;
  return tar_write_entry(&archive->writer, &item);
}

static int write_content(struct archive *archive, int fd, int depth);

static int is_opaque(int fd)
{
  char value;
  return (fgetxattr(fd, "user.overlay.opaque", &value, 1) == 1 || fgetxattr(fd, "user.fuseoverlayfs.opaque", &value, 1) == 1) && value == 'y';
}

static int write_directory(struct archive *archive, int parent, const char *name, struct tar_item *item, const struct stat *status, int depth)
{
  layer_fd fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return -errno;
  size_t end = strlen(archive->path);
  archive->path[end++] = '/';
  archive->path[end] = 0;
  item->type = '5';
  int result = tar_write_entry(&archive->writer, item);
  if (result == 0 && archive->is_diff && is_opaque(fd) && faccessat(fd, OPAQUE_NAME, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
    result = write_mark(archive, end, "", OPAQUE_NAME, status);
  archive->path[end] = 0;
  if (depth > MAX_DEPTH)
    return -ELOOP;
  return result < 0 || status->st_dev != archive->device ? result : write_content(archive, fd, depth + 1);
}

static int write_regular(struct archive *archive, int parent, const char *name, struct tar_item *item, const struct stat *status)
{
  layer_fd fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0)
    return -errno;
  item->type = '0';
  item->size = (uint64_t)status->st_size;
  int result = tar_write_entry(&archive->writer, item);
  return result < 0 ? result : tar_write_file(&archive->writer, fd, item->size);
}

static int write_other(struct archive *archive, int parent, const char *name, struct tar_item *item, const struct stat *status)
{
  char link[PATH_MAX];
  item->type = S_ISLNK(status->st_mode) ? '2' : S_ISFIFO(status->st_mode) ? '6' : S_ISCHR(status->st_mode) ? '3' : '4';
  if (item->type == '2') {
    ssize_t length = readlinkat(parent, name, link, sizeof link - 1);
    if (length < 0)
      return -errno;
    link[length] = 0;
    item->link_name = link;
    item->mode = 0777;
  }
  if (item->type == '3' || item->type == '4') {
    item->device_major = major(status->st_rdev);
    item->device_minor = minor(status->st_rdev);
  }
  return tar_write_entry(&archive->writer, item);
}

static int write_one(struct archive *archive, int parent, const char *name, size_t end, int depth)
{
  struct stat status;
  struct tar_item item;
  char file[64 + NAME_MAX];
  const char *first;
  if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
    return errno == ENOENT ? 0 : -errno; /* removed by the container meanwhile */
  if (S_ISSOCK(status.st_mode))
    return 0;
  if (S_ISCHR(status.st_mode) && status.st_rdev == 0)
    return archive->is_diff ? write_mark(archive, end, ".wh.", name, &status) : 0;
  fill_item(&item, archive, &status);
  int result = tree_find_link(&archive->links, &status, archive->path, &first);
  if (result == 1) {
    item.type = '1';
    item.link_name = first;
    return tar_write_entry(&archive->writer, &item);
  }
  snprintf(file, sizeof file, "/proc/self/fd/%d/%s", parent, name);
  if (result == 0)
    result = read_xattrs(archive, file, &item);
  if (result < 0)
    return result;
  if (S_ISDIR(status.st_mode))
    return write_directory(archive, parent, name, &item, &status, depth);
  return S_ISREG(status.st_mode) ? write_regular(archive, parent, name, &item, &status) : write_other(archive, parent, name, &item, &status);
}

static int compare_names(const void *left, const void *right)
{
  return strcmp(*(char *const *)left, *(char *const *)right);
}

/* All names of a directory, sorted; the caller frees each and the list. */
static int sorted_names(int fd, char ***out, size_t *count)
{
  int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *directory = copy < 0 ? NULL : fdopendir(copy);
  size_t capacity = 0;
  if (directory == NULL)
    return -errno;
  int result = 0;
  for (struct dirent *entry; result == 0 && (entry = readdir(directory)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
      continue;
    if (*count == capacity) {
      capacity = capacity == 0 ? 64 : capacity * 2;
      char **grown = realloc(*out, capacity * sizeof *grown);
      if (grown == NULL) {
        result = -ENOMEM;
        break;
      }
      *out = grown;
    }
    if (((*out)[*count] = strdup(entry->d_name)) == NULL)
      result = -ENOMEM;
    else
      (*count)++;
  }
  closedir(directory);
  if (*count > 0)
    qsort(*out, *count, sizeof **out, compare_names);
  return result;
}

static int write_content(struct archive *archive, int fd, int depth)
{
  char **names = NULL;
  size_t count = 0;
  size_t end = strlen(archive->path);
  int result = sorted_names(fd, &names, &count);
  for (size_t i = 0; i < count; i++) {
    if (result == 0) {
      int length = snprintf(archive->path + end, PATH_MAX - end, "%s", names[i]);
      result = (size_t)length >= PATH_MAX - end ? -ENAMETOOLONG : write_one(archive, fd, names[i], end, depth);
      if (result < 0)
        failed(archive, -result);
    }
    archive->path[end] = 0;
    free(names[i]);
  }
  free(names);
  return result;
}

static int write_tree(struct archive *archive, const char *root)
{
  struct stat status;
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
  }
  layer_fd fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &status) < 0)
    return layer_fail(errno, "tree-not-read", NULL, "\"%s\" cannot be opened: %s", root, strerror(errno));
  archive->device = status.st_dev;
  archive->names = malloc(NAMES_MAX);
  archive->value = malloc(NAMES_MAX);
  int result = archive->names == NULL || archive->value == NULL ? -ENOMEM : tar_writer_open(&archive->writer, 1);
  if (result == 0)
    result = write_content(archive, fd, 0);
  if (result == 0)
    result = tar_writer_finish(&archive->writer);
  tree_forget_links(&archive->links);
  return result;
}

static int run(int argc, char **argv, int is_diff)
{
  static struct archive archive;
  archive.is_diff = is_diff;
  int result = argc != 2 ? layer_fail(EINVAL, "usage", NULL, "usage: %s DIRECTORY", argv[0]) : write_tree(&archive, argv[1]);
  if (result < 0)
    failed(&archive, -result);
  return result < 0 ? layer_report_failure() : 0;
}

int applet_tree_tar(int argc, char **argv)
{
  return run(argc, argv, 0);
}

int applet_layer_diff(int argc, char **argv)
{
  return run(argc, argv, 1);
}
