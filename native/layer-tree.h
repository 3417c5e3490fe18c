/* The tree a layer is unpacked into. Names from the archive are resolved below its root only: a symbolic link among the parents is
 * followed as a program inside the root would follow it, but a relative one that climbs above the root is refused. */
#ifndef CALA_LAYER_TREE_H
#define CALA_LAYER_TREE_H

#include <stdint.h>
#include <limits.h>
#include <sys/stat.h>

#include "layer-split.h"

#define LAYER_CACHED_DIRECTORIES 16
#define LAYER_PATH_MAX PATH_MAX

struct layer_directory {
  char *path; /* canonical, "" for the root */
  int fd;     /* O_PATH */
  int gives_group; /* set-group-id: what is made inside gets its group */
  uint64_t used;
};

struct layer_tree {
  int root;
  int outside; /* the directory that holds the root, for `replaced` */
  int replaced;
  uint64_t replaced_count;
  struct split_writer *split;
  struct layer_directory directories[LAYER_CACHED_DIRECTORIES];
  uint64_t clock;
};

/* The place of one entry: an open parent and the last component. */
struct layer_place {
  const struct layer_directory *parent; /* valid until the next layer_tree_… call with another path */
  char base[NAME_MAX + 1];              /* "" for the root itself */
  char path[LAYER_PATH_MAX];            /* canonical */
};

int layer_tree_open(struct layer_tree *tree, const char *path, struct split_writer *split);
void layer_tree_close(struct layer_tree *tree);

/* Brings a stored name into the form a/b/c: no leading or doubled slashes, no "."; ".." is refused (layer-escapes). */
int layer_clean_name(const char *name, char out[LAYER_PATH_MAX]);

/* Finds, and makes where missing, the parents of a cleaned name. */
int layer_locate(struct layer_tree *tree, const char *clean, struct layer_place *out);

/* Clears the place for a new entry. Payloads that this archive brought are kept in `replaced`. *was_whiteout tells what went. */
int layer_clear(struct layer_tree *tree, const struct layer_place *place, int *was_whiteout);

/* A directory's mode has changed. */
void layer_forget_directory(struct layer_tree *tree, const char *path);

/* layer-resolve.c: walks the components of clean itself, following symbolic links; canonical has the result. fd or -errno. */
int layer_resolve_parents(struct layer_tree *tree, const char *clean, char canonical[LAYER_PATH_MAX]);

/* Says that the directory hides what lower layers have there. */
int layer_set_opaque(int parent, const char *name, const char *entry);

static inline int layer_is_whiteout(const struct stat *status)
{
  return S_ISCHR(status->st_mode) && status->st_rdev == 0;
}

#endif
