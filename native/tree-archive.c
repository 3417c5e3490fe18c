#define _GNU_SOURCE
#include "tree-archive.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "layer-base.h"

int tree_attribute_is_private(const char *name)
{
  return strncmp(name, "user.overlay.", 13) == 0 || strncmp(name, "user.fuseoverlayfs.", 19) == 0 || strncmp(name, "user.cala.", 10) == 0 ||
         strncmp(name, "trusted.", 8) == 0 || strcmp(name, "security.selinux") == 0;
}

int tree_archive_open(struct tree_archive *archive, int fd)
{
  archive->names = malloc(TREE_NAMES_MAX);
  archive->value = malloc(TREE_NAMES_MAX);
  return archive->names == NULL || archive->value == NULL ? -ENOMEM : tar_writer_open(&archive->writer, fd);
}

int tree_archive_finish(struct tree_archive *archive)
{
  tree_forget_links(&archive->links);
  return tar_writer_finish(&archive->writer);
}

/* Extended attributes as pax records; the owner that a single-id store noted replaces the file's. */
static int read_xattrs(struct tree_archive *archive, const char *file, struct tar_item *item)
{
  ssize_t length = llistxattr(file, archive->names, TREE_NAMES_MAX);
  int result = 0;
  for (ssize_t at = 0; result == 0 && at < length; at += (ssize_t)strlen(archive->names + at) + 1) {
    const char *name = archive->names + at;
    char key[300];
    int is_owner = strcmp(name, "user.cala.owner") == 0;
    if (tree_attribute_is_private(name) && !is_owner)
      continue;
    ssize_t size = lgetxattr(file, name, archive->value, TREE_NAMES_MAX - 1);
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

static int write_regular(struct tree_archive *archive, int parent, const char *name, struct tar_item *item, const struct stat *status)
{
  layer_fd fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0)
    return -errno;
  item->type = '0';
  item->size = (uint64_t)status->st_size;
  int result = tar_write_entry(&archive->writer, item);
  return result < 0 ? result : tar_write_file(&archive->writer, fd, item->size);
}

static int write_directory(struct tree_archive *archive, struct tar_item *item, const char *path)
{
  char name[PATH_MAX + 2];
  if (snprintf(name, sizeof name, "%s/", path) >= (int)sizeof name)
    return -ENAMETOOLONG;
  item->name = name;
  item->type = '5';
  return tar_write_entry(&archive->writer, item);
}

static int write_other(struct tree_archive *archive, int parent, const char *name, struct tar_item *item, const struct stat *status)
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

int tree_archive_mark(struct tree_archive *archive, const char *path)
{
  struct tar_item item = {.type = '0', .name = path};
  return tar_write_entry(&archive->writer, &item);
}

int tree_archive_entry(struct tree_archive *archive, int parent, const char *name, const char *path, const struct stat *status)
{
  struct tar_item item = {.name = path, .mode = status->st_mode & 07777, .uid = status->st_uid, .gid = status->st_gid,
                          .mtime_seconds = status->st_mtim.tv_sec, .mtime_nanoseconds = (uint32_t)status->st_mtim.tv_nsec};
  char file[64 + NAME_MAX];
  const char *first;
  if (S_ISSOCK(status->st_mode))
    return 0;
  int result = tree_find_link(&archive->links, status, path, &first);
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
  if (S_ISDIR(status->st_mode))
    return write_directory(archive, &item, path);
  return S_ISREG(status->st_mode) ? write_regular(archive, parent, name, &item, status) : write_other(archive, parent, name, &item, status);
}
