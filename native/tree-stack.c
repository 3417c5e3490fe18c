#define _GNU_SOURCE
#include "tree-stack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>

#include "layer-base.h"
#include "owner-tree.h"

#define OPAQUE_NAME ".wh..wh..opq"

int tree_level_open(struct tree_level *level, char *const *paths, size_t count)
{
  *level = (struct tree_level){.fds = calloc(count + 1, sizeof(int))};
  if (level->fds == NULL)
    return -ENOMEM;
  for (size_t i = 0; i < count; i++) {
    int fd = open(paths[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
      return layer_fail(errno, "tree-not-read", NULL, "\"%s\" cannot be opened: %s", paths[i], strerror(errno));
    level->fds[level->count++] = fd;
  }
  return 0;
}

void tree_level_close(struct tree_level *level)
{
  for (size_t i = 0; i < level->count; i++)
    close(level->fds[i]);
  free(level->fds);
  *level = (struct tree_level){0};
}

static int is_whiteout(const struct stat *status)
{
  return S_ISCHR(status->st_mode) && status->st_rdev == 0;
}

int tree_level_find(const struct tree_level *level, const char *name, struct tree_found *found)
{
  for (size_t i = 0; i < level->count; i++) {
    if (fstatat(level->fds[i], name, &found->status, AT_SYMLINK_NOFOLLOW) == 0) {
      found->fd = level->fds[i];
      if (i < level->owned) {
        struct owner owner = owner_after(level->owners, &found->status);
        found->status.st_uid = owner.uid;
        found->status.st_gid = owner.gid;
      }
      return !is_whiteout(&found->status);
    }
    if (errno != ENOENT)
      return -errno;
  }
  return 0;
}

static int is_opaque(int fd)
{
  char value;
  return ((fgetxattr(fd, "user.overlay.opaque", &value, 1) == 1 || fgetxattr(fd, "user.fuseoverlayfs.opaque", &value, 1) == 1) && value == 'y') ||
         faccessat(fd, OPAQUE_NAME, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int tree_level_enter(const struct tree_level *level, const char *name, struct tree_level *out)
{
  *out = (struct tree_level){.fds = calloc(level->count + 1, sizeof(int)), .owners = level->owners};
  if (out->fds == NULL)
    return -ENOMEM;
  for (size_t i = 0; i < level->count; i++) {
    int fd = openat(level->fds[i], name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
      continue;
    if (fd < 0)
      return errno == ENOTDIR || errno == ELOOP ? 0 : -errno;
    if (i < level->owned)
      out->owned++;
    out->fds[out->count++] = fd;
    if (is_opaque(fd))
      return 0;
  }
  return 0;
}

int tree_level_is_same(const struct tree_level *left, const struct tree_level *right)
{
  struct stat one, other;
  if (left->count != right->count)
    return 0;
  for (size_t i = 0; i < left->count; i++)
    if (fstat(left->fds[i], &one) < 0 || fstat(right->fds[i], &other) < 0 || one.st_ino != other.st_ino || one.st_dev != other.st_dev)
      return 0;
  return 1;
}

static int add_name(struct tree_names *names, const char *name)
{
  if (names->count == names->capacity) {
    size_t capacity = names->capacity == 0 ? 64 : names->capacity * 2;
    char **grown = realloc(names->names, capacity * sizeof *grown);
    if (grown == NULL)
      return -ENOMEM;
    names->names = grown;
    names->capacity = capacity;
  }
  names->names[names->count] = strdup(name);
  return names->names[names->count] == NULL ? -ENOMEM : (names->count++, 0);
}

static int add_names(int fd, struct tree_names *out)
{
  int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *directory = copy < 0 ? NULL : fdopendir(copy);
  if (directory == NULL)
    return -errno;
  int result = 0;
  for (struct dirent *entry; result == 0 && (entry = readdir(directory)) != NULL;)
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && strcmp(entry->d_name, OPAQUE_NAME) != 0)
      result = add_name(out, entry->d_name);
  closedir(directory);
  return result;
}

int tree_level_names(const struct tree_level *level, struct tree_names *out)
{
  int result = 0;
  for (size_t i = 0; result == 0 && i < level->count; i++)
    result = add_names(level->fds[i], out);
  return result;
}

static int compare_names(const void *left, const void *right)
{
  return strcmp(*(char *const *)left, *(char *const *)right);
}

void tree_names_sort(struct tree_names *names)
{
  size_t kept = 0;
  if (names->count > 0)
    qsort(names->names, names->count, sizeof *names->names, compare_names);
  for (size_t i = 0; i < names->count; i++) {
    if (kept > 0 && strcmp(names->names[kept - 1], names->names[i]) == 0)
      free(names->names[i]);
    else
      names->names[kept++] = names->names[i];
  }
  names->count = kept;
}

void tree_names_free(struct tree_names *names)
{
  for (size_t i = 0; i < names->count; i++)
    free(names->names[i]);
  free(names->names);
  *names = (struct tree_names){0};
}
