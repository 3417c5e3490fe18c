#define _GNU_SOURCE
#include "tree-same.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/xattr.h>

#include "layer-base.h"
#include "tree-archive.h"

#define PIECE (1 << 17)

static ssize_t read_piece(int fd, char *bytes)
{
  ssize_t done = 0;
  while (done < PIECE) {
    ssize_t count = read(fd, bytes + done, (size_t)(PIECE - done));
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return -errno;
    if (count == 0)
      break;
    done += count;
  }
  return done;
}

static int same_content(const struct tree_found *left, const struct tree_found *right, const char *name)
{
  layer_fd one = openat(left->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  layer_fd other = openat(right->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (one < 0 || other < 0)
    return -errno;
  layer_owned char *bytes = malloc(2 * PIECE);
  if (bytes == NULL)
    return -ENOMEM;
  for (;;) {
    ssize_t count = read_piece(one, bytes), second = read_piece(other, bytes + PIECE);
    if (count < 0 || second < 0)
      return (int)(count < 0 ? count : second);
    if (count != second || memcmp(bytes, bytes + PIECE, (size_t)count) != 0)
      return 0;
    if (count < PIECE)
      return 1;
  }
}

static int same_link(const struct tree_found *left, const struct tree_found *right, const char *name)
{
  char one[PATH_MAX], other[PATH_MAX];
  ssize_t length = readlinkat(left->fd, name, one, sizeof one), second = readlinkat(right->fd, name, other, sizeof other);
  return length < 0 || second < 0 ? -errno : length == second && memcmp(one, other, (size_t)length) == 0;
}

static int counts(const char *name)
{
  return !tree_attribute_is_private(name) || strcmp(name, "user.cala.owner") == 0;
}

/* How many attributes of a file count, and whether each has the same value on the other. `other` NULL: only counted. -1: it has not. */
static int compare_attributes(const char *file, const char *other)
{
  layer_owned char *names = malloc(3 * TREE_NAMES_MAX);
  if (names == NULL)
    return -ENOMEM;
  char *value = names + TREE_NAMES_MAX, *second = value + TREE_NAMES_MAX;
  ssize_t length = llistxattr(file, names, TREE_NAMES_MAX);
  int count = 0;
  for (ssize_t at = 0; at < length; at += (ssize_t)strlen(names + at) + 1) {
    if (!counts(names + at))
      continue;
    count++;
    if (other == NULL)
      continue;
    ssize_t size = lgetxattr(file, names + at, value, TREE_NAMES_MAX), other_size = lgetxattr(other, names + at, second, TREE_NAMES_MAX);
    if (size != other_size || (size > 0 && memcmp(value, second, (size_t)size) != 0))
      return -1;
  }
  return count;
}

static int same_attributes(const struct tree_found *left, const struct tree_found *right, const char *name)
{
  char one[64 + NAME_MAX], other[64 + NAME_MAX];
  snprintf(one, sizeof one, "/proc/self/fd/%d/%s", left->fd, name);
  snprintf(other, sizeof other, "/proc/self/fd/%d/%s", right->fd, name);
  int count = compare_attributes(one, other);
  return count >= 0 && count == compare_attributes(other, NULL);
}

int tree_is_same(const struct tree_found *left, const struct tree_found *right, const char *name)
{
  const struct stat *one = &left->status, *other = &right->status;
  if (one->st_ino == other->st_ino && one->st_dev == other->st_dev)
    return 1;
  if (one->st_mode != other->st_mode || one->st_uid != other->st_uid || one->st_gid != other->st_gid || one->st_rdev != other->st_rdev)
    return 0;
  if (one->st_mtim.tv_sec != other->st_mtim.tv_sec || one->st_mtim.tv_nsec != other->st_mtim.tv_nsec)
    return 0;
  if (S_ISREG(one->st_mode) && one->st_size != other->st_size)
    return 0;
  if (!same_attributes(left, right, name))
    return 0;
  if (S_ISLNK(one->st_mode))
    return same_link(left, right, name);
  return S_ISREG(one->st_mode) ? same_content(left, right, name) : 1;
}
