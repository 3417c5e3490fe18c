/* Puts one entry of a layer into the tree. */
#ifndef CALA_LAYER_PLACE_H
#define CALA_LAYER_PLACE_H

#include <stdint.h>

#include "layer-tree.h"
#include "tar-reader.h"

struct layer_job {
  struct tar_reader *reader;
  struct layer_tree *tree;
  int records_owner;      /* --single-id: owners go to the attribute user.cala.owner */
  int is_hollow;          /* --hollow: files get their size but no content, to compare trees by */
  int acl_seen;           /* some directory has a default ACL, so modes at creation cannot be trusted */
  int times_fd;           /* modification times of directories, set when all is in place */
  uint64_t max_entries, max_bytes;
  uint64_t entries, unpacked_bytes, skipped_devices, skipped_attributes;
};

int layer_place_entry(struct layer_job *job);

/* Sets what layer_place_entry noted. */
int layer_set_directory_times(struct layer_job *job);

/* layer-attributes.c: owner, mode, extended attributes and time of what was just made. is_special: neither file nor directory. */
int layer_set_attributes(struct layer_job *job, const struct layer_place *place, int fd, int is_new);

#endif
