/* A streaming tar reader: v7, ustar, GNU, star and pax, sparse files of all four kinds, in bounded memory. Every byte that is
 * not payload of a regular file is shown to the observer, in order, so that the archive can be written again exactly. */
#ifndef CALA_TAR_READER_H
#define CALA_TAR_READER_H

#include <stdint.h>
#include <stddef.h>
#include "tar-stream.h"
#include "tar-pax.h"

/* What a raw byte belongs to; bytes of one kind resemble the bytes of that kind before. */
enum tar_raw { TAR_RAW_HEADER, TAR_RAW_META_HEADER, TAR_RAW_META, TAR_RAW_OTHER };

typedef int (*tar_observer)(void *context, enum tar_raw kind, const unsigned char *bytes, size_t length);

struct tar_segment {
  uint64_t offset;
  uint64_t length;
};

#define TAR_META_MAX (1u << 20)      /* one pax header or long name; Go's archive/tar has the same limit */
#define TAR_SEGMENTS_MAX (1u << 20)  /* data segments of one sparse file: 16 MB */

struct tar_buffer {
  char *bytes;
  size_t length;
};

struct tar_entry {
  char type;              /* '0' regular, '1' hard link, '2' symbolic link, '3' char, '4' block, '5' directory, '6' fifo */
  const char *name;       /* as stored, NUL-terminated */
  const char *link_name;
  uint32_t mode;
  int64_t uid, gid;
  int64_t mtime_seconds;
  uint32_t mtime_nanoseconds;
  int64_t device_major, device_minor;
  uint64_t stored_bytes;  /* payload in the archive that is still to be read */
  uint64_t size;          /* of the file once unpacked */
  const struct tar_segment *segments; /* where the payload goes; NULL: from 0 on, in one piece */
  size_t segment_count;
};

struct tar_reader {
  struct tar_stream *stream;
  tar_observer observe;
  void *context;
  struct tar_entry entry;
  struct tar_buffer global, local, long_name, long_link;
  char *name, *link;      /* the entry's, owned */
  size_t name_capacity, link_capacity;
  struct tar_segment *segments;
  size_t segment_count, segment_capacity;
  uint64_t padding;       /* after the payload */
  unsigned char header[512]; /* of the entry being read */
};

void tar_reader_open(struct tar_reader *reader, struct tar_stream *stream, tar_observer observe, void *context);
void tar_reader_close(struct tar_reader *reader);

/* Goes to the next entry, whose payload must have been consumed. 1: reader->entry is filled, 0: end of archive (everything after
 * it was observed), else -errno with layer_fail. */
int tar_reader_next(struct tar_reader *reader);

/* Some of the payload: at least one byte while stored_bytes > 0. Returns the count or -errno. Call tar_reader_consume with it. */
int64_t tar_reader_payload(struct tar_reader *reader, const unsigned char **bytes);
void tar_reader_consume(struct tar_reader *reader, size_t length);

/* Shows what is left of the payload to the observer, for entries that are not kept as files. */
int tar_reader_skip_payload(struct tar_reader *reader);

/* Records of the entry's own and of the global pax headers: give 0 as *position first. Own records come last, so they win. */
int tar_reader_record(const struct tar_reader *reader, size_t *position, struct tar_pax_record *out);

/* Used by tar-sparse.c: exactly length bytes of the stream as raw bytes. -errno when the archive ends early. */
int tar_reader_raw(struct tar_reader *reader, enum tar_raw kind, size_t length, unsigned char *copy);

/* tar-sparse.c: fills segments from the old GNU header, from pax records, or from the map in front of the payload (pax 1.0). */
int tar_sparse_from_gnu(struct tar_reader *reader);
int tar_sparse_from_pax(struct tar_reader *reader);

#endif
