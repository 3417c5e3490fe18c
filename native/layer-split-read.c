#include "layer-split.h"

#include <errno.h>
#include <string.h>

#include "layer-base.h"
#include "tar-header.h"

static int damaged(const struct split_reader *reader)
{
  return layer_fail(EBADMSG, "layer-damaged", NULL, "the layer's split file is damaged at byte %llu", (unsigned long long)reader->stream.offset);
}

int split_reader_open(struct split_reader *reader, int fd)
{
  memset(reader, 0, sizeof *reader);
  int result = tar_stream_open(&reader->stream, fd);
  if (result < 0)
    return result;
  if (tar_stream_fill(&reader->stream, 8) < 8 || memcmp(tar_stream_peek(&reader->stream), SPLIT_MAGIC, 8) != 0)
    return damaged(reader);
  tar_stream_consume(&reader->stream, 8);
  return 0;
}

void split_reader_close(struct split_reader *reader)
{
  tar_stream_close(&reader->stream);
}

static int get_number(struct split_reader *reader, uint64_t *out)
{
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (tar_stream_fill(&reader->stream, 1) < 1)
      return damaged(reader);
    unsigned char byte = *tar_stream_peek(&reader->stream);
    tar_stream_consume(&reader->stream, 1);
    value |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) {
      *out = value;
      return 0;
    }
  }
  return damaged(reader);
}

/* length bytes, visible until the next read. */
static int get_bytes(struct split_reader *reader, size_t length, const unsigned char **out)
{
  if (tar_stream_fill(&reader->stream, length) < (int64_t)length)
    return damaged(reader);
  *out = tar_stream_peek(&reader->stream);
  tar_stream_consume(&reader->stream, length);
  return 0;
}

static int read_block(struct split_reader *reader, unsigned kind, struct split_item *out)
{
  unsigned char *block = reader->last[kind];
  for (size_t at = 0; at < TAR_BLOCK;) {
    uint64_t zeros, literals;
    const unsigned char *bytes;
    int result = get_number(reader, &zeros);
    if (result == 0)
      result = get_number(reader, &literals);
    if (result < 0)
      return result;
    if (zeros > TAR_BLOCK - at || literals > TAR_BLOCK - at - zeros || zeros + literals == 0)
      return damaged(reader);
    if ((result = get_bytes(reader, (size_t)literals, &bytes)) < 0)
      return result;
    at += zeros;
    for (size_t i = 0; i < literals; i++)
      block[at++] ^= bytes[i];
  }
  out->token = SPLIT_RAW;
  out->bytes = block;
  out->number = TAR_BLOCK;
  return 0;
}

static int read_name(struct split_reader *reader, struct split_item *out)
{
  uint64_t shared, rest;
  const unsigned char *bytes;
  int result = get_number(reader, &shared);
  if (result == 0)
    result = get_number(reader, &rest);
  if (result < 0)
    return result;
  if (shared > strlen(reader->name) || rest >= SPLIT_NAME_MAX - shared)
    return damaged(reader);
  if ((result = get_bytes(reader, (size_t)rest, &bytes)) < 0)
    return result;
  memcpy(reader->name + shared, bytes, rest);
  reader->name[shared + rest] = 0;
  out->name = reader->name;
  return get_number(reader, &out->number);
}

int split_read(struct split_reader *reader, struct split_item *out)
{
  const unsigned char *token;
  int result = get_bytes(reader, 1, &token);
  if (result < 0)
    return result;
  reader->position++;
  *out = (struct split_item){.token = *token};
  switch (*token) {
    case 1: case 2: case 3: case 4: return read_block(reader, *token - 1u, out);
    case SPLIT_ZEROS: case SPLIT_END: return get_number(reader, &out->number);
    case SPLIT_PAYLOAD: case SPLIT_REPLACED: return read_name(reader, out);
    case SPLIT_RAW: break;
    default: return damaged(reader);
  }
  if ((result = get_number(reader, &out->number)) < 0)
    return result;
  return out->number > (1u << 16) ? damaged(reader) : get_bytes(reader, (size_t)out->number, &out->bytes);
}

int split_read_segment(struct split_reader *reader, struct tar_segment *out)
{
  int result = get_number(reader, &out->offset);
  return result < 0 ? result : get_number(reader, &out->length);
}
