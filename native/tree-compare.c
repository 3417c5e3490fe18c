/* The applet `tree-compare EXPECTED ACTUAL`: tells how two trees differ, one JSON line a difference on standard output: {"path","state"}
 * with state missing, foreign or changed (and then "what"). Contents are not read; times of directories and marks of removal are not
 * compared, since unpacking cannot always know them. Ends with 0 whether there are differences or not. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "applets.h"
#include "layer-base.h"
#include "layer-tree.h"

#define MAX_DEPTH 500
#define MOST_TOLD 20
#define ATTRIBUTE_MAX 65536

struct comparison {
  char path[PATH_MAX];
  char *names, *left, *right;
  int told;
};

static void tell(struct comparison *comparison, const char *name, const char *state, const char *what)
{
  char whole[PATH_MAX + NAME_MAX + 2];
  if (comparison->told++ >= MOST_TOLD)
    return;
  snprintf(whole, sizeof whole, "%s%s", comparison->path, name);
  printf("{\"path\":");
  layer_print_json(stdout, whole);
  printf(",\"state\":\"%s\"%s%s%s}\n", state, what == NULL ? "" : ",\"what\":\"", what == NULL ? "" : what, what == NULL ? "" : "\"");
}

static const char *differing_field(const struct stat *expected, const struct stat *actual)
{
  if ((expected->st_mode & S_IFMT) != (actual->st_mode & S_IFMT))
    return "kind";
  if (expected->st_mode != actual->st_mode)
    return "mode";
  if (expected->st_uid != actual->st_uid || expected->st_gid != actual->st_gid)
    return "owner";
  if (!S_ISDIR(expected->st_mode) && expected->st_size != actual->st_size)
    return "size";
  if (expected->st_rdev != actual->st_rdev)
    return "device";
  int timed = !S_ISDIR(expected->st_mode) && !layer_is_whiteout(expected);
  if (timed && (expected->st_mtim.tv_sec != actual->st_mtim.tv_sec || expected->st_mtim.tv_nsec != actual->st_mtim.tv_nsec))
    return "time";
  return NULL;
}

static const char *differing_target(int expected, int actual, const char *name)
{
  char left[PATH_MAX], right[PATH_MAX];
  ssize_t first = readlinkat(expected, name, left, sizeof left);
  ssize_t second = readlinkat(actual, name, right, sizeof right);
  return first < 0 || first != second || memcmp(left, right, (size_t)first) != 0 ? "target" : NULL;
}

/* Whether all attributes of one file are those of another; the security module's own label is not an archive's. */
static int has_attributes(struct comparison *comparison, const char *of, const char *in)
{
  ssize_t length = llistxattr(of, comparison->names, ATTRIBUTE_MAX);
  for (ssize_t at = 0; at < length; at += (ssize_t)strlen(comparison->names + at) + 1) {
    const char *name = comparison->names + at;
    if (strcmp(name, "security.selinux") == 0)
      continue;
    ssize_t first = lgetxattr(of, name, comparison->left, ATTRIBUTE_MAX);
    ssize_t second = lgetxattr(in, name, comparison->right, ATTRIBUTE_MAX);
    if (first != second || (first > 0 && memcmp(comparison->left, comparison->right, (size_t)first) != 0))
      return 0;
  }
  return 1;
}

static const char *differing_attributes(struct comparison *comparison, int expected, int actual, const char *name)
{
  char left[64 + NAME_MAX], right[64 + NAME_MAX];
  snprintf(left, sizeof left, "/proc/self/fd/%d/%s", expected, name);
  snprintf(right, sizeof right, "/proc/self/fd/%d/%s", actual, name);
  return has_attributes(comparison, left, right) && has_attributes(comparison, right, left) ? NULL : "attributes";
}

static int compare_directories(struct comparison *comparison, int expected, int actual, int depth);

static int compare_inside(struct comparison *comparison, int expected, int actual, const char *name, int depth)
{
  layer_fd left = openat(expected, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  layer_fd right = openat(actual, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  size_t end = strlen(comparison->path);
  if (left < 0 || right < 0)
    return -errno;
  if (depth > MAX_DEPTH)
    return -ELOOP;
  if (snprintf(comparison->path + end, sizeof comparison->path - end, "%s/", name) >= (int)(sizeof comparison->path - end))
    return -ENAMETOOLONG;
  int result = compare_directories(comparison, left, right, depth + 1);
  comparison->path[end] = 0;
  return result;
}

static int compare_one(struct comparison *comparison, int expected, int actual, const char *name, int depth)
{
  struct stat left, right;
  if (fstatat(expected, name, &left, AT_SYMLINK_NOFOLLOW) < 0)
    return -errno;
  if (fstatat(actual, name, &right, AT_SYMLINK_NOFOLLOW) < 0) {
    if (errno != ENOENT)
      return -errno;
    tell(comparison, name, "missing", NULL);
    return 0;
  }
  const char *what = differing_field(&left, &right);
  if (what == NULL && S_ISLNK(left.st_mode))
    what = differing_target(expected, actual, name);
  if (what == NULL && !layer_is_whiteout(&left))
    what = differing_attributes(comparison, expected, actual, name);
  if (what != NULL)
    tell(comparison, name, "changed", what);
  return S_ISDIR(left.st_mode) && S_ISDIR(right.st_mode) ? compare_inside(comparison, expected, actual, name, depth) : 0;
}

typedef int visitor(struct comparison *comparison, int expected, int actual, const char *name, int depth);

static int tell_foreign(struct comparison *comparison, int expected, int actual, const char *name, int depth)
{
  struct stat status;
  (void)actual, (void)depth;
  if (fstatat(expected, name, &status, AT_SYMLINK_NOFOLLOW) == 0)
    return 0;
  tell(comparison, name, "foreign", NULL);
  return errno == ENOENT ? 0 : -errno;
}

static int for_each_name(struct comparison *comparison, int listed, int expected, int actual, visitor *visit, int depth)
{
  int copy = openat(listed, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *directory = copy < 0 ? NULL : fdopendir(copy);
  int result = 0;
  if (directory == NULL)
    return -errno;
  for (struct dirent *entry; result == 0 && (entry = readdir(directory)) != NULL;)
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      result = visit(comparison, expected, actual, entry->d_name, depth);
  closedir(directory);
  return result;
}

static int compare_directories(struct comparison *comparison, int expected, int actual, int depth)
{
  int result = for_each_name(comparison, expected, expected, actual, compare_one, depth);
  return result < 0 ? result : for_each_name(comparison, actual, expected, actual, tell_foreign, depth);
}

static int compare(struct comparison *comparison, const char *expected, const char *actual)
{
  struct stat left, right;
  layer_fd first = open(expected, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  layer_fd second = open(actual, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (first < 0 || second < 0 || fstat(first, &left) < 0 || fstat(second, &right) < 0)
    return layer_fail(errno, "tree-not-read", NULL, "\"%s\" cannot be opened: %s", second < 0 ? actual : expected, strerror(errno));
  comparison->names = malloc(ATTRIBUTE_MAX);
  comparison->left = malloc(ATTRIBUTE_MAX);
  comparison->right = malloc(ATTRIBUTE_MAX);
  if (comparison->names == NULL || comparison->left == NULL || comparison->right == NULL)
    return -ENOMEM;
  const char *what = differing_field(&left, &right);
  if (what != NULL)
    tell(comparison, ".", "changed", what);
  return compare_directories(comparison, first, second, 0);
}

int applet_tree_compare(int argc, char **argv)
{
  static struct comparison comparison;
  int result = argc != 3 ? layer_fail(EINVAL, "usage", NULL, "usage: tree-compare EXPECTED ACTUAL") : compare(&comparison, argv[1], argv[2]);
  if (result < 0)
    layer_fail(-result, "tree-not-read", comparison.path, "cannot compare: %s", strerror(-result));
  return result < 0 ? layer_report_failure() : fflush(stdout) == 0 ? 0 : 1;
}
