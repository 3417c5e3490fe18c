#pragma GCC optimize("O2")
#include "layer-split.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "layer-base.h"
#include "tar-header.h"

#define SPLIT_BUFFER (1u << 16)
#define SPLIT_RAW_PIECE (1u << 15)

int split_writer_open(struct split_writer *writer, int fd)
{
  memset(writer, 0, sizeof *writer);
  writer->fd = fd;
  writer->buffer = malloc(SPLIT_BUFFER);
  if (writer->buffer == NULL)
    return -ENOMEM;
  memcpy(writer->buffer, SPLIT_MAGIC, 8);
  writer->used = 8;
  return 0;
}

void split_writer_close(struct split_writer *writer)
{
  free(writer->buffer);
  writer->buffer = NULL;
}

static int flush(struct split_writer *writer)
{
  int result = layer_write_all(writer->fd, writer->buffer, writer->used);
  writer->used = 0;
  return result < 0 ? layer_fail(-result, "layer-write-failed", NULL, "cannot write the layer's split file: %s", strerror(-result)) : 0;
}

static int room(struct split_writer *writer, size_t length)
{
  return SPLIT_BUFFER - writer->used < length ? flush(writer) : 0;
}

static void put_number(struct split_writer *writer, uint64_t value)
{
  for (; value >= 0x80; value >>= 7)
    writer->buffer[writer->used++] = (unsigned char)(value | 0x80);
  writer->buffer[writer->used++] = (unsigned char)value;
}

static void put_bytes(struct split_writer *writer, const void *bytes, size_t length)
{
  memcpy(writer->buffer + writer->used, bytes, length);
  writer->used += length;
}

/* Begins a token that needs at most length bytes; a pending zero run comes first. */
static int begin(struct split_writer *writer, enum split_token token, size_t length)
{
  int result = room(writer, length + 32);
  if (result < 0)
    return result;
  if (writer->zeros > 0) {
    writer->buffer[writer->used++] = SPLIT_ZEROS;
    put_number(writer, writer->zeros);
    writer->zeros = 0;
  }
  writer->buffer[writer->used++] = (unsigned char)token;
  return 0;
}

static int write_block(struct split_writer *writer, enum tar_raw kind, const unsigned char *block)
{
  int result = begin(writer, SPLIT_BLOCK + kind, 2 * TAR_BLOCK);
  if (result < 0)
    return result;
  unsigned char *last = writer->last[kind];
  unsigned char difference[TAR_BLOCK];
  for (size_t i = 0; i < TAR_BLOCK; i++)
    difference[i] = block[i] ^ last[i];
  memcpy(last, block, TAR_BLOCK);
  for (size_t at = 0; at < TAR_BLOCK;) {
    size_t start = at;
    while (at < TAR_BLOCK && difference[at] == 0)
      at++;
    put_number(writer, at - start);
    start = at;
    /* A literal run ends at three zeros: shorter gaps cost more than they save. */
    while (at < TAR_BLOCK && (difference[at] != 0 || (at + 2 < TAR_BLOCK && (difference[at + 1] != 0 || difference[at + 2] != 0))))
      at++;
    put_number(writer, at - start);
    put_bytes(writer, difference + start, at - start);
  }
  return 0;
}

static int write_piece(struct split_writer *writer, const unsigned char *bytes, size_t length)
{
  if (bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0) {
    writer->zeros += length;
    return 0;
  }
  int result = begin(writer, SPLIT_RAW, length);
  if (result < 0)
    return result;
  put_number(writer, length);
  put_bytes(writer, bytes, length);
  return 0;
}

int split_write_raw(struct split_writer *writer, enum tar_raw kind, const unsigned char *bytes, size_t length)
{
  writer->total += length;
  int result = 0;
  while (length > 0 && result == 0) {
    size_t piece = length < SPLIT_RAW_PIECE ? length : SPLIT_RAW_PIECE;
    if (kind != TAR_RAW_OTHER && length >= TAR_BLOCK) {
      piece = TAR_BLOCK;
      result = write_block(writer, kind, bytes);
    } else {
      result = write_piece(writer, bytes, piece);
    }
    bytes += piece;
    length -= piece;
  }
  return result;
}

static void put_name(struct split_writer *writer, const char *name)
{
  size_t shared = 0;
  while (name[shared] != 0 && name[shared] == writer->name[shared])
    shared++;
  size_t rest = strlen(name + shared);
  put_number(writer, shared);
  put_number(writer, rest);
  put_bytes(writer, name + shared, rest);
  memcpy(writer->name + shared, name + shared, rest + 1);
}

int split_write_payload(struct split_writer *writer, const char *name, const struct tar_segment *segments, size_t count, uint64_t size)
{
  int result = strlen(name) >= SPLIT_NAME_MAX ? -ENAMETOOLONG : begin(writer, SPLIT_PAYLOAD, SPLIT_NAME_MAX + 64);
  if (result < 0)
    return result;
  put_name(writer, name);
  struct tar_segment whole = {0, size};
  if (segments == NULL) {
    segments = &whole;
    count = 1;
  }
  put_number(writer, count);
  uint64_t end = 0;
  for (size_t i = 0; i < count; i++) {
    if ((result = room(writer, 32)) < 0)
      return result;
    put_number(writer, segments[i].offset - end);
    put_number(writer, segments[i].length);
    end = segments[i].offset + segments[i].length;
    writer->total += segments[i].length;
  }
  return 0;
}

int split_write_replaced(struct split_writer *writer, const char *name, uint64_t number)
{
  int result = strlen(name) >= SPLIT_NAME_MAX ? -ENAMETOOLONG : begin(writer, SPLIT_REPLACED, SPLIT_NAME_MAX + 64);
  if (result < 0)
    return result;
  put_name(writer, name);
  put_number(writer, number);
  return 0;
}

int split_writer_finish(struct split_writer *writer)
{
  int result = begin(writer, SPLIT_END, 16);
  if (result < 0)
    return result;
  put_number(writer, writer->total);
  return flush(writer);
}
