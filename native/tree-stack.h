/* What a stack of layers shows at one directory: those of its trees that have part in it, topmost first. Whiteouts hide, opaque
 * directories end the stack, and something that is no directory ends it, too, as in an overlay. */
#ifndef CALA_TREE_STACK_H
#define CALA_TREE_STACK_H

#include <stddef.h>
#include <sys/stat.h>

struct owner_change;

struct tree_level {
  int *fds;
  size_t count;
  const struct owner_change *owners; /* of what is in the first ones: whom it is shown to belong to */
  size_t owned; /* how many those are */
};

struct tree_names {
  char **names;
  size_t count, capacity;
};

/* Where a name was found: which of the level's directories has it, and what it is. */
struct tree_found {
  int fd;
  struct stat status;
};

int tree_level_open(struct tree_level *level, char *const *paths, size_t count);
void tree_level_close(struct tree_level *level);

/* 1: found; 0: not there, or hidden; -errno. */
int tree_level_find(const struct tree_level *level, const char *name, struct tree_found *found);
/* The level of a directory that was found. */
int tree_level_enter(const struct tree_level *level, const char *name, struct tree_level *out);
/* Whether both consist of the same directories: then everything below is the same, too. */
int tree_level_is_same(const struct tree_level *left, const struct tree_level *right);

/* Adds what the level's directories have, whiteouts included; duplicates go with tree_names_sort. */
int tree_level_names(const struct tree_level *level, struct tree_names *out);
void tree_names_sort(struct tree_names *names);
void tree_names_free(struct tree_names *names);

#endif
