/* The applet `tree-changes [--tar] [--leave NAME]… [--leave-empty NAME]… ABOVE… -- BASE…`: what the stack of layers ABOVE (topmost first)
 * changes of the stack BASE. As a list: `A`, `C` or `D`, a path and a NUL for each. With --tar: a layer, names sorted, removals as
 * `.wh.NAME`; without a BASE that is the whole tree. --leave leaves an entry out, --leave-empty one that is new and has nothing in it.
 * --owners UIDS/GIDS --owned N: what is in the first N of ABOVE is shown with other owners (owner-tree.h). */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "applets.h"
#include "layer-base.h"
#include "owner-tree.h"
#include "tree-archive.h"
#include "tree-same.h"
#include "tree-stack.h"

#define MAX_DEPTH 500
#define MAX_LEFT 64

struct changes {
  struct tree_archive archive;
  struct owner_change owners;
  uint64_t owned;
  int is_tar;
  char path[PATH_MAX];
  char *left[MAX_LEFT], *left_empty[MAX_LEFT];
  int left_count, left_empty_count;
};

/* A directory on the way down, which is told when something in it is, if not before. */
struct frame {
  struct frame *up;
  const char *name;
  struct tree_found found;
  size_t end; /* of its path */
  int is_told;
};

static int failed(const struct changes *changes, int error)
{
  return layer_fail(error, "tree-not-read", changes->path, "cannot read: %s", strerror(error));
}

static int is_listed(const char *path, char *const *names, int count)
{
  for (int i = 0; i < count; i++)
    if (strcmp(names[i], path) == 0)
      return 1;
  return 0;
}

static int print_change(const struct changes *changes, char kind)
{
  return printf("%c/%s%c", kind, changes->path, 0) < 0 ? -errno : 0;
}

static int tell(struct changes *changes, char kind, const struct tree_found *found, const char *name)
{
  if (is_listed(changes->path, changes->left, changes->left_count))
    return 0;
  return changes->is_tar ? tree_archive_entry(&changes->archive, found->fd, name, changes->path, &found->status) : print_change(changes, kind);
}

static int tell_frames(struct changes *changes, struct frame *frame)
{
  if (frame == NULL || frame->is_told)
    return 0;
  int result = tell_frames(changes, frame->up);
  if (result < 0)
    return result;
  char kept = changes->path[frame->end];
  changes->path[frame->end] = 0;
  result = tell(changes, 'C', &frame->found, frame->name);
  changes->path[frame->end] = kept;
  frame->is_told = 1;
  return result;
}

static int tell_removal(struct changes *changes, struct frame *frame, const char *name)
{
  char mark[PATH_MAX + 8];
  int result = tell_frames(changes, frame);
  if (result < 0 || is_listed(changes->path, changes->left, changes->left_count))
    return result;
  if (!changes->is_tar)
    return print_change(changes, 'D');
  snprintf(mark, sizeof mark, "%.*s.wh.%s", (int)(strlen(changes->path) - strlen(name)), changes->path, name);
  return tree_archive_mark(&changes->archive, mark);
}

static int walk(struct changes *changes, struct frame *frame, const struct tree_level *above, const struct tree_level *base, int depth);

static int walk_directory(struct changes *changes, struct frame *frame, const char *name, const struct tree_level *above, const struct tree_level *base, int depth)
{
  struct tree_level inside, base_inside = {0};
  int result = depth > MAX_DEPTH ? -ELOOP : tree_level_enter(above, name, &inside);
  if (result == 0)
    result = tree_level_enter(base, name, &base_inside);
  if (result == 0 && !(inside.count > 0 && tree_level_is_same(&inside, &base_inside)))
    result = walk(changes, frame, &inside, &base_inside, depth + 1);
  tree_level_close(&inside);
  tree_level_close(&base_inside);
  return result;
}

static int is_empty(const struct tree_level *above, const char *name, const struct stat *status)
{
  struct tree_level inside;
  struct tree_names names = {0};
  if (!S_ISDIR(status->st_mode))
    return S_ISREG(status->st_mode) && status->st_size == 0;
  int result = tree_level_enter(above, name, &inside) == 0 && tree_level_names(&inside, &names) == 0 && names.count == 0;
  tree_names_free(&names);
  tree_level_close(&inside);
  return result;
}

static int walk_name(struct changes *changes, struct frame *up, const char *name, const struct tree_level *above, const struct tree_level *base, int depth)
{
  struct frame frame = {.up = up, .name = name, .end = strlen(changes->path)};
  struct tree_found before;
  int is_there = tree_level_find(above, name, &frame.found), was_there = tree_level_find(base, name, &before);
  if (is_there < 0 || was_there < 0)
    return is_there < 0 ? is_there : was_there;
  if (!is_there)
    return was_there ? tell_removal(changes, up, name) : 0;
  if (!was_there && is_listed(changes->path, changes->left_empty, changes->left_empty_count) && is_empty(above, name, &frame.found.status))
    return 0;
  int is_same = was_there ? tree_is_same(&frame.found, &before, name) : 0;
  /* Removed by the container meanwhile. */
  if (is_same == -ENOENT)
    return 0;
  if (is_same < 0)
    return is_same;
  int result = 0;
  if (!is_same) {
    result = tell_frames(changes, up);
    frame.is_told = 1;
    if (result == 0)
      result = tell(changes, was_there ? 'C' : 'A', &frame.found, name);
  }
  if (result == -ENOENT)
    return 0;
  if (result < 0 || !S_ISDIR(frame.found.status.st_mode))
    return result;
  return walk_directory(changes, &frame, name, above, was_there ? base : &(struct tree_level){0}, depth);
}

static int walk(struct changes *changes, struct frame *frame, const struct tree_level *above, const struct tree_level *base, int depth)
{
  struct tree_names names = {0};
  size_t end = strlen(changes->path);
  int result = tree_level_names(above, &names);
  if (result == 0)
    result = tree_level_names(base, &names);
  tree_names_sort(&names);
  for (size_t i = 0; result == 0 && i < names.count; i++) {
    int length = snprintf(changes->path + end, sizeof changes->path - end, "%s%s", end > 0 ? "/" : "", names.names[i]);
    result = (size_t)length >= sizeof changes->path - end ? -ENAMETOOLONG : walk_name(changes, frame, names.names[i], above, base, depth);
    if (result < 0)
      failed(changes, -result);
    changes->path[end] = 0;
  }
  tree_names_free(&names);
  return result;
}

static int run(struct changes *changes, char **above_paths, size_t above_count, char **base_paths, size_t base_count)
{
  struct tree_level above, base = {0};
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
  }
  int result = tree_level_open(&above, above_paths, above_count);
  above.owners = &changes->owners;
  above.owned = changes->owners.uids ? changes->owned : 0;
  if (result == 0)
    result = tree_level_open(&base, base_paths, base_count);
  if (result == 0 && changes->is_tar)
    result = tree_archive_open(&changes->archive, 1);
  if (result == 0)
    result = walk(changes, NULL, &above, &base, 0);
  if (result == 0)
    result = changes->is_tar ? tree_archive_finish(&changes->archive) : fflush(stdout) == 0 ? 0 : -errno;
  tree_level_close(&above);
  tree_level_close(&base);
  return result;
}

static int parse(int argc, char **argv, struct changes *changes, int *first, int *middle)
{
  int at = 1;
  for (; at < argc && strncmp(argv[at], "--", 2) == 0 && argv[at][2] != 0; at++) {
    if (strcmp(argv[at], "--tar") == 0)
      changes->is_tar = 1;
    else if (strcmp(argv[at], "--owned") == 0 && at + 1 < argc && layer_parse_number(argv[at + 1], &changes->owned) == 0)
      at++;
    else if (strcmp(argv[at], "--owners") == 0 && at + 1 < argc && owner_change_parse(argv[at + 1], &changes->owners) == 0)
      at++;
    else if (strcmp(argv[at], "--leave") == 0 && at + 1 < argc && changes->left_count < MAX_LEFT)
      changes->left[changes->left_count++] = argv[++at];
    else if (strcmp(argv[at], "--leave-empty") == 0 && at + 1 < argc && changes->left_empty_count < MAX_LEFT)
      changes->left_empty[changes->left_empty_count++] = argv[++at];
    else
      return -EINVAL;
  }
  *first = at;
  while (at < argc && strcmp(argv[at], "--") != 0)
    at++;
  *middle = at;
  return at < argc && at > *first ? 0 : -EINVAL;
}

int applet_tree_changes(int argc, char **argv)
{
  static struct changes changes;
  int first, middle;
  int result = parse(argc, argv, &changes, &first, &middle);
  if (result < 0)
    layer_fail(EINVAL, "usage", NULL, "usage: tree-changes [--tar] [--leave NAME] [--leave-empty NAME] ABOVE... -- BASE...");
  else if ((result = run(&changes, argv + first, (size_t)(middle - first), argv + middle + 1, (size_t)(argc - middle - 1))) < 0)
    failed(&changes, -result);
  return result < 0 ? layer_report_failure() : 0;
}
