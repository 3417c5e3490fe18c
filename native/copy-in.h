/* A tar that is being unpacked into a container or the host. */
#ifndef CALA_COPY_IN_H
#define CALA_COPY_IN_H

#include "layer-tree.h"
#include "sys.h"
#include "tar-reader.h"

struct copy_directory {
  char *path;
  struct timespec time;
};

struct copying_in {
  struct tar_reader reader;
  int directory;        /* everything goes below it */
  char first_name[256]; /* what the archive's first name becomes; empty: names stay */
  int keeps_ids, overwrites;
  uid_t uid;
  gid_t gid;
  struct copy_directory *directories;
  size_t directory_count;
};

/* Owner, mode, attributes and time of what has just been made; a directory's time waits. fd -1: by name. */
int copy_in_attributes(struct copying_in *copying, int parent, const char *base, int fd);
/* Sets the times of directories, once nothing is made in them any more. */
int copy_in_directory_times(struct copying_in *copying);

#endif
