/* Writes a tar: ustar headers, with pax records for what they cannot hold. Deterministic: the same tree gives the same bytes. */
#ifndef CALA_TAR_WRITER_H
#define CALA_TAR_WRITER_H

#include <stdint.h>
#include <stddef.h>
#include <sys/types.h>

#include "layer-output.h"

struct tar_writer {
  struct layer_output output;
  char *records; /* pax records of the next entry */
  size_t records_length, records_capacity;
};

struct tar_item {
  char type;
  const char *name; /* directories end with a slash */
  const char *link_name;
  uint32_t mode;
  int64_t uid, gid;
  uint64_t size;
  int64_t mtime_seconds;
  uint32_t mtime_nanoseconds;
  uint32_t device_major, device_minor;
};

int tar_writer_open(struct tar_writer *writer, int fd);
void tar_writer_close(struct tar_writer *writer);

/* A pax record of the next entry; value may hold any bytes. */
int tar_write_record(struct tar_writer *writer, const char *key, const void *value, size_t length);
int tar_write_entry(struct tar_writer *writer, const struct tar_item *item);
/* The payload of the entry just written: exactly its size, from the start of a file; one that shrinks is filled up with zeros. */
int tar_write_file(struct tar_writer *writer, int fd, uint64_t size);
/* The end blocks. */
int tar_writer_finish(struct tar_writer *writer);

#endif
