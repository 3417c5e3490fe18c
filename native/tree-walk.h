/* Going through a tree, without following links or entering other mounts. */
#ifndef CALA_TREE_WALK_H
#define CALA_TREE_WALK_H

#include <sys/stat.h>

struct tree_walk {
  /* Called for each name below an open directory; for a directory after all that is in it. 0, or -errno, which ends the walk. */
  int (*visit)(void *context, int dir, const char *name, const struct stat *status);
  void *context;
  char failed[256]; /* the name at which the walk ended */
};

/* Visits what is below a directory, not the directory itself. What goes away meanwhile is no error. 0 or -errno. */
int tree_walk(struct tree_walk *walk, int fd);

#endif
