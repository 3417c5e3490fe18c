/* The split file of a layer: all bytes of its tar but the payloads, so that the exact tar can be written again from the tree.
 *
 * "CALASPL1", then tokens. Numbers are LEB128. Blocks of a kind are stored as the difference (XOR) to the last block of that
 * kind, zero runs packed; payload names share a prefix with the last one.
 *   1…4  one 512-byte block of kind token-1 (enum tar_raw): pairs of zero-run, literal-run, literals until 512 bytes are full
 *   5    COUNT zero bytes
 *   6    LENGTH bytes as they are
 *   7    payload: name, then SEGMENTS pairs of gap before, length
 *   8    replaced: name, NUMBER: earlier payloads of this name are in the file replaced/NUMBER
 *   9    the end: TOTAL bytes of the tar */
#ifndef CALA_LAYER_SPLIT_H
#define CALA_LAYER_SPLIT_H

#include <stdint.h>
#include <stddef.h>

#include "tar-reader.h"
#include "tar-stream.h"

#define SPLIT_MAGIC "CALASPL1"
#define SPLIT_NAME_MAX 4352
enum split_token { SPLIT_BLOCK = 1, SPLIT_ZEROS = 5, SPLIT_RAW = 6, SPLIT_PAYLOAD = 7, SPLIT_REPLACED = 8, SPLIT_END = 9 };

struct split_writer {
  int fd;
  unsigned char *buffer;
  size_t used;
  uint64_t total; /* bytes of the tar so far */
  uint64_t zeros; /* a run that is not written yet */
  unsigned char last[4][512];
  char name[SPLIT_NAME_MAX];
};

int split_writer_open(struct split_writer *writer, int fd);
int split_write_raw(struct split_writer *writer, enum tar_raw kind, const unsigned char *bytes, size_t length);
/* segments NULL: one piece of size bytes from 0. */
int split_write_payload(struct split_writer *writer, const char *name, const struct tar_segment *segments, size_t count, uint64_t size);
int split_write_replaced(struct split_writer *writer, const char *name, uint64_t number);
int split_writer_finish(struct split_writer *writer);
void split_writer_close(struct split_writer *writer);

struct split_reader {
  struct tar_stream stream;
  unsigned char last[4][512];
  char name[SPLIT_NAME_MAX];
  size_t position; /* count of tokens read */
};

/* What a token says; which fields are filled depends on its kind. Blocks come out as SPLIT_RAW. */
struct split_item {
  enum split_token token;
  const unsigned char *bytes; /* valid until the next call; at most 64 KiB at a time */
  uint64_t number;            /* length, count, number or total */
  const char *name;
};

int split_reader_open(struct split_reader *reader, int fd);
int split_read(struct split_reader *reader, struct split_item *out);
/* After a payload item: its number of segments was item.number; one call each. */
int split_read_segment(struct split_reader *reader, struct tar_segment *out);
void split_reader_close(struct split_reader *reader);

#endif
