#define _GNU_SOURCE
#include "layer-tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "layer-base.h"

static int open_beneath(int root, const char *path)
{
  struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                         .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
  long fd = syscall(SYS_openat2, root, path, &how, sizeof how);
  return fd < 0 ? -errno : (int)fd;
}

int layer_tree_open(struct layer_tree *tree, const char *path, struct split_writer *split)
{
  *tree = (struct layer_tree){.replaced = -1, .split = split};
  for (int i = 0; i < LAYER_CACHED_DIRECTORIES; i++)
    tree->directories[i].fd = -1;
  tree->outside = -1;
  tree->root = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (tree->root < 0)
    return layer_fail(errno, "layer-write-failed", NULL, "cannot open the directory to unpack into: %s", strerror(errno));
  tree->outside = openat(tree->root, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
  /* A default ACL of the user's home would be inherited by every file. */
  (void)fremovexattr(tree->root, "system.posix_acl_default");
  return tree->outside < 0 ? -errno : 0;
}

static void forget_directory(struct layer_directory *directory)
{
  if (directory->fd >= 0)
    close(directory->fd);
  free(directory->path);
  *directory = (struct layer_directory){.fd = -1};
}

void layer_forget_directory(struct layer_tree *tree, const char *path)
{
  for (int i = 0; i < LAYER_CACHED_DIRECTORIES; i++)
    if (tree->directories[i].fd >= 0 && strcmp(tree->directories[i].path, path) == 0)
      forget_directory(&tree->directories[i]);
}

static void forget_directories(struct layer_tree *tree)
{
  for (int i = 0; i < LAYER_CACHED_DIRECTORIES; i++)
    forget_directory(&tree->directories[i]);
}

void layer_tree_close(struct layer_tree *tree)
{
  forget_directories(tree);
  layer_close_fd(&tree->root);
  layer_close_fd(&tree->outside);
  layer_close_fd(&tree->replaced);
}

int layer_clean_name(const char *name, char out[LAYER_PATH_MAX])
{
  size_t used = 0;
  for (const char *at = name; *at != 0;) {
    size_t length = strcspn(at, "/");
    int is_kept = length > 0 && !(length == 1 && at[0] == '.');
    if (length == 2 && at[0] == '.' && at[1] == '.')
      return layer_fail(EXDEV, "layer-escapes", name, "the name climbs out of the layer with \"..\"");
    if (length > NAME_MAX || used + length + 2 > LAYER_PATH_MAX)
      return layer_fail(ENAMETOOLONG, "layer-invalid", name, "the name is longer than the kernel allows");
    if (is_kept && used > 0)
      out[used++] = '/';
    if (is_kept) {
      memcpy(out + used, at, length);
      used += length;
    }
    at += length;
    at += strspn(at, "/");
  }
  out[used] = 0;
  return 0;
}

/* The cache slot of a directory, opened if need be. path is the wanted name, without its last component. */
static int find_directory(struct layer_tree *tree, const char *path, const struct layer_directory **out)
{
  struct layer_directory *oldest = &tree->directories[0];
  tree->clock++;
  for (int i = 0; i < LAYER_CACHED_DIRECTORIES; i++) {
    struct layer_directory *directory = &tree->directories[i];
    if (directory->fd >= 0 && strcmp(directory->path, path) == 0) {
      directory->used = tree->clock;
      *out = directory;
      return 0;
    }
    if (directory->used < oldest->used)
      oldest = directory;
  }
  char canonical[LAYER_PATH_MAX];
  snprintf(canonical, sizeof canonical, "%s", path);
  int fd = open_beneath(tree->root, path[0] == 0 ? "." : path);
  if (fd < 0 && (fd = layer_resolve_parents(tree, path, canonical)) < 0)
    return fd;
  struct stat status;
  forget_directory(oldest);
  oldest->path = strdup(canonical);
  if (oldest->path == NULL || fstat(fd, &status) < 0) {
    close(fd);
    return -ENOMEM;
  }
  oldest->fd = fd;
  oldest->used = tree->clock;
  oldest->gives_group = (status.st_mode & S_ISGID) != 0;
  *out = oldest;
  return 0;
}

int layer_locate(struct layer_tree *tree, const char *clean, struct layer_place *out)
{
  char parent[LAYER_PATH_MAX];
  const char *slash = strrchr(clean, '/');
  size_t length = slash == NULL ? 0 : (size_t)(slash - clean);
  memcpy(parent, clean, length);
  parent[length] = 0;
  const char *base = slash == NULL ? clean : slash + 1;
  size_t base_length = strlen(base); /* at most NAME_MAX: layer_clean_name saw to it */
  memcpy(out->base, base, base_length + 1);
  int result = find_directory(tree, parent, &out->parent);
  if (result < 0)
    return result;
  size_t parent_length = strlen(out->parent->path);
  if (parent_length + base_length + 2 > sizeof out->path)
    return layer_fail(ENAMETOOLONG, "layer-invalid", clean, "the name is longer than the kernel allows");
  memcpy(out->path, out->parent->path, parent_length);
  if (parent_length > 0)
    out->path[parent_length++] = '/';
  memcpy(out->path + parent_length, base, base_length + 1);
  return 0;
}

/* Moves a file that may hold payload of this archive out of the tree, and says so in the split file. */
static int keep_replaced(struct layer_tree *tree, int parent, const char *name, const char *path)
{
  char number[24];
  if (tree->replaced < 0) {
    if (mkdirat(tree->outside, "replaced", 0700) < 0 && errno != EEXIST)
      return -errno;
    tree->replaced = openat(tree->outside, "replaced", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (tree->replaced < 0)
      return -errno;
  }
  snprintf(number, sizeof number, "%llu", (unsigned long long)tree->replaced_count);
  if (renameat(parent, name, tree->replaced, number) < 0)
    return -errno;
  return split_write_replaced(tree->split, path, tree->replaced_count++);
}

static int clear_below(struct layer_tree *tree, int parent, const char *name, char *path, int depth);

static int clear_directory(struct layer_tree *tree, int parent, const char *name, char *path, int depth)
{
  int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *directory = fd < 0 ? NULL : fdopendir(fd);
  if (directory == NULL) {
    int error = errno;
    layer_close_fd(&fd);
    return -error;
  }
  size_t end = strlen(path);
  int result = 0;
  for (struct dirent *entry; result == 0 && (entry = readdir(directory)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
      continue;
    if (end + strlen(entry->d_name) + 2 > LAYER_PATH_MAX)
      result = -ENAMETOOLONG;
    else {
      snprintf(path + end, LAYER_PATH_MAX - end, "/%s", entry->d_name);
      result = clear_below(tree, fd, entry->d_name, path, depth + 1);
    }
    path[end] = 0;
  }
  closedir(directory);
  return result < 0 ? result : unlinkat(parent, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

static int clear_below(struct layer_tree *tree, int parent, const char *name, char *path, int depth)
{
  struct stat status;
  if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
    return errno == ENOENT ? 0 : -errno;
  if (S_ISDIR(status.st_mode))
    return depth > 512 ? -ELOOP : clear_directory(tree, parent, name, path, depth);
  if (S_ISREG(status.st_mode) && status.st_size > 0)
    return keep_replaced(tree, parent, name, path);
  return unlinkat(parent, name, 0) < 0 ? -errno : 0;
}

int layer_clear(struct layer_tree *tree, const struct layer_place *place, int *was_whiteout)
{
  char path[LAYER_PATH_MAX];
  struct stat status;
  snprintf(path, sizeof path, "%s", place->path);
  *was_whiteout = 0;
  if (fstatat(place->parent->fd, place->base, &status, AT_SYMLINK_NOFOLLOW) < 0)
    return errno == ENOENT ? 0 : -errno;
  *was_whiteout = layer_is_whiteout(&status);
  int result = clear_below(tree, place->parent->fd, place->base, path, 0);
  /* Directories below are gone, and a link among the cached parents may have been: only the parent stays known. */
  for (int i = 0; (S_ISDIR(status.st_mode) || S_ISLNK(status.st_mode)) && i < LAYER_CACHED_DIRECTORIES; i++)
    if (&tree->directories[i] != place->parent)
      forget_directory(&tree->directories[i]);
  return result < 0 ? layer_fail(-result, "layer-write-failed", place->path, "an earlier entry of the same name cannot be replaced: %s", strerror(-result)) : 0;
}
