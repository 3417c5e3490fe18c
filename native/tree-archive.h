/* Single entries of a tree, written into a tar: attributes, hard links and contents; who walks the tree decides which. */
#ifndef CALA_TREE_ARCHIVE_H
#define CALA_TREE_ARCHIVE_H

#include <limits.h>
#include <sys/stat.h>

#include "tar-writer.h"
#include "tree-links.h"

#define TREE_NAMES_MAX 65536

struct tree_archive {
  struct tar_writer writer;
  struct tree_links links;
  char *names, *value;
};

int tree_archive_open(struct tree_archive *archive, int fd);
int tree_archive_finish(struct tree_archive *archive);

/* Writes `name` of the directory `parent` as `path` (of a directory: itself, not what is in it). Sockets are left out. 0 or -errno. */
int tree_archive_entry(struct tree_archive *archive, int parent, const char *name, const char *path, const struct stat *status);

/* Writes an empty file under a path, for what has no file of its own: `.wh.NAME`. */
int tree_archive_mark(struct tree_archive *archive, const char *path);

/* Attributes that speak to an overlay or to this store, not to the container. */
int tree_attribute_is_private(const char *name);

#endif
