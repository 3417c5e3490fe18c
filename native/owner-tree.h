/* Changing the owners of a tree, without following links or entering other mounts. */
#ifndef CALA_OWNER_TREE_H
#define CALA_OWNER_TREE_H

#include <stddef.h>
#include <stdint.h>

struct owner {
  uint32_t uid, gid;
};

/* One line of a change: `count` ids from `from` become those from `to`. */
struct owner_range {
  uint32_t from, to, count;
};

struct owner_change {
  struct owner fixed; /* for everything, where there are no ranges */
  const struct owner_range *uids, *gids;
  size_t uid_count, gid_count;
  uint64_t changed;
  char failed[256]; /* the name that could not be changed */
};

/* Whom something belongs to after the change. */
struct stat;
struct owner owner_after(const struct owner_change *change, const struct stat *status);

/* `UIDS/GIDS`, both `FROM TO COUNT;…`. 0 or -EINVAL. The ranges live as long as the program. */
int owner_change_parse(const char *text, struct owner_change *change);

/* Changes what lies at the descriptor and below; set-id bits and file capabilities stay. 0 or -errno. */
int owner_tree(int fd, struct owner_change *change);

#endif
