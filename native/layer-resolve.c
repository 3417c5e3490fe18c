/* The slow way through a path: component by component, for parents that are missing or are symbolic links. */
#define _GNU_SOURCE
#include "layer-tree.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>

#include "layer-base.h"

#define MAX_LINKS 40
#define OPEN_DIRECTORY (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

int layer_set_opaque(int parent, const char *name, const char *entry)
{
  layer_fd fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd >= 0 && fsetxattr(fd, "user.overlay.opaque", "y", 1, 0) == 0)
    return 0;
  return layer_fail(errno, "layer-write-failed", entry, "cannot mark a directory as opaque: %s", strerror(errno));
}

struct walk {
  struct layer_tree *tree;
  const char *entry;      /* for messages */
  char rest[LAYER_PATH_MAX];
  char *canonical;
  int fd;
  int links;
  size_t own_rest; /* how much of rest is the entry's own name, behind what links brought */
};

static int escapes(const struct walk *walk)
{
  return layer_fail(EXDEV, "layer-escapes", walk->entry, "the layer leaves its root through a symbolic link");
}

/* Back to the root and down to where canonical says. */
static int reopen(struct walk *walk)
{
  int fd = openat(walk->tree->root, walk->canonical[0] == 0 ? "." : walk->canonical, OPEN_DIRECTORY);
  if (fd < 0)
    return -errno;
  close(walk->fd);
  walk->fd = fd;
  return 0;
}

static int go_up(struct walk *walk)
{
  if (walk->canonical[0] == 0)
    return escapes(walk);
  char *slash = strrchr(walk->canonical, '/');
  *(slash == NULL ? walk->canonical : slash) = 0;
  return reopen(walk);
}

static int follow_link(struct walk *walk, const char *name)
{
  char target[LAYER_PATH_MAX];
  ssize_t length = readlinkat(walk->fd, name, target, sizeof target - 1);
  if (length < 0)
    return -errno;
  target[length] = 0;
  size_t rest_length = strlen(walk->rest);
  if (++walk->links > MAX_LINKS)
    return layer_fail(ELOOP, "layer-escapes", walk->entry, "too many symbolic links among the parents");
  if ((size_t)length + 1 + rest_length >= sizeof walk->rest)
    return -ENAMETOOLONG;
  walk->own_rest = rest_length;
  memmove(walk->rest + length + 1, walk->rest, rest_length + 1);
  memcpy(walk->rest, target, (size_t)length);
  walk->rest[length] = '/';
  if (target[0] != '/')
    return 0;
  walk->canonical[0] = 0;
  return reopen(walk);
}

/* Makes a directory where none is, also in place of this layer's own whiteout: then lower layers stay hidden below it. */
static int make_directory(struct walk *walk, const char *name)
{
  struct stat status;
  int is_there = fstatat(walk->fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
  if (is_there && S_ISLNK(status.st_mode))
    return follow_link(walk, name);
  if (is_there && !layer_is_whiteout(&status))
    return layer_fail(ENOTDIR, "layer-invalid", walk->entry, "a parent of the entry is not a directory");
  if (walk->links > 0 && !is_there && strlen(walk->rest) >= walk->own_rest && walk->rest[0] != 0)
    return layer_fail(ENOENT, "layer-escapes", walk->entry, "a parent of the entry is a symbolic link to a directory that the layer does not have");
  if (is_there && unlinkat(walk->fd, name, 0) < 0)
    return -errno;
  if (mkdirat(walk->fd, name, 0755) < 0 || fchmodat(walk->fd, name, 0755, 0) < 0)
    return -errno;
  return is_there ? layer_set_opaque(walk->fd, name, walk->entry) : 0;
}

static int step(struct walk *walk)
{
  char name[NAME_MAX + 1];
  char *at = walk->rest + strspn(walk->rest, "/");
  size_t length = strcspn(at, "/");
  if (length > NAME_MAX)
    return -ENAMETOOLONG;
  memcpy(name, at, length);
  name[length] = 0;
  memmove(walk->rest, at + length, strlen(at + length) + 1);
  if (length == 0 || strcmp(name, ".") == 0)
    return 0;
  if (strcmp(name, "..") == 0)
    return go_up(walk);
  int links = walk->links;
  int fd = openat(walk->fd, name, OPEN_DIRECTORY);
  if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) {
    int result = make_directory(walk, name);
    if (result < 0 || walk->links != links)
      return result;
    fd = openat(walk->fd, name, OPEN_DIRECTORY);
  }
  if (fd < 0)
    return -errno;
  close(walk->fd);
  walk->fd = fd;
  size_t end = strlen(walk->canonical);
  if (end + length + 2 >= LAYER_PATH_MAX)
    return -ENAMETOOLONG;
  snprintf(walk->canonical + end, LAYER_PATH_MAX - end, "%s%s", end > 0 ? "/" : "", name);
  return 0;
}

int layer_resolve_parents(struct layer_tree *tree, const char *clean, char canonical[LAYER_PATH_MAX])
{
  struct walk walk = {.tree = tree, .entry = clean, .canonical = canonical};
  snprintf(walk.rest, sizeof walk.rest, "%s", clean);
  canonical[0] = 0;
  walk.fd = openat(tree->root, ".", OPEN_DIRECTORY);
  if (walk.fd < 0)
    return -errno;
  while (walk.rest[strspn(walk.rest, "/")] != 0) {
    int result = step(&walk);
    if (result < 0) {
      close(walk.fd);
      return layer_fail(-result, "layer-invalid", clean, "the parents of the entry cannot be made: %s", strerror(-result));
    }
  }
  return walk.fd;
}
