/* Which files were met already under another name. */
#ifndef CALA_TREE_LINKS_H
#define CALA_TREE_LINKS_H

#include <stddef.h>
#include <sys/stat.h>

struct tree_link {
  dev_t device;
  ino_t inode;
  char *path;
};

/* Open addressing; zeroed at first. */
struct tree_links {
  struct tree_link *slots;
  size_t count, capacity;
};

/* 1: *first is the path under which the file was met first; 0: it has no other names, or path is now its first; -ENOMEM. */
int tree_find_link(struct tree_links *links, const struct stat *status, const char *path, const char **first);
void tree_forget_links(struct tree_links *links);

#endif
