/* Sparse maps. Source: GNU tar manual, "Storing Sparse Files" (old GNU, pax 0.0, 0.1 and 1.0). */
#include "tar-reader.h"
#include "tar-header.h"
#include "layer-base.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int refuse(const struct tar_reader *reader, const char *what)
{
  return layer_fail(EBADMSG, "tar-malformed", reader->entry.name, "the archive is malformed: sparse map: %s", what);
}

static int add_segment(struct tar_reader *reader, int64_t offset, int64_t length)
{
  if (offset < 0 || length < 0 || offset > INT64_MAX - length)
    return refuse(reader, "negative or too large");
  if (length == 0)
    return 0;
  uint64_t end = 0;
  if (reader->segment_count > 0) {
    const struct tar_segment *last = &reader->segments[reader->segment_count - 1];
    end = last->offset + last->length;
  }
  if ((uint64_t)offset < end)
    return refuse(reader, "segments overlap");
  if (reader->segment_count == TAR_SEGMENTS_MAX)
    return refuse(reader, "too many segments");
  if (reader->segment_count == reader->segment_capacity) {
    size_t capacity = reader->segment_capacity == 0 ? 64 : reader->segment_capacity * 2;
    struct tar_segment *grown = realloc(reader->segments, capacity * sizeof *grown);
    if (grown == NULL)
      return -ENOMEM;
    reader->segments = grown;
    reader->segment_capacity = capacity;
  }
  reader->segments[reader->segment_count++] = (struct tar_segment){(uint64_t)offset, (uint64_t)length};
  return 0;
}

/* The segments must account for the payload exactly and lie inside the file. */
static int finish(struct tar_reader *reader, int64_t real_size)
{
  struct tar_entry *entry = &reader->entry;
  uint64_t sum = 0;
  uint64_t end = 0;
  for (size_t i = 0; i < reader->segment_count; i++) {
    sum += reader->segments[i].length;
    end = reader->segments[i].offset + reader->segments[i].length;
  }
  if (real_size < 0 || end > (uint64_t)real_size)
    return refuse(reader, "it reaches beyond the end of the file");
  if (sum != entry->stored_bytes)
    return refuse(reader, "it does not add up to the stored bytes");
  entry->size = (uint64_t)real_size;
  entry->segments = reader->segments;
  entry->segment_count = reader->segment_count;
  /* A map without data still differs from "no map". */
  if (entry->segments == NULL && (reader->segments = calloc(1, sizeof *reader->segments)) == NULL)
    return -ENOMEM;
  entry->segments = reader->segments;
  if (reader->segment_capacity == 0)
    reader->segment_capacity = 1;
  return 0;
}

static int add_from_block(struct tar_reader *reader, const unsigned char *block, size_t at, size_t count)
{
  for (size_t i = 0; i < count; i++, at += 24) {
    int64_t offset, length;
    if (block[at] == 0 && block[at + 12] == 0)
      return 0;
    if (tar_parse_number(block, at, 12, &offset) != 0 || tar_parse_number(block, at + 12, 12, &length) != 0)
      return refuse(reader, "a number is not octal");
    int result = add_segment(reader, offset, length);
    if (result < 0)
      return result;
  }
  return 0;
}

int tar_sparse_from_gnu(struct tar_reader *reader)
{
  int64_t real_size;
  reader->segment_count = 0;
  if (tar_parse_number(reader->header, 483, 12, &real_size) != 0)
    return refuse(reader, "the file's size is not a number");
  int result = add_from_block(reader, reader->header, 386, 4);
  unsigned char block[TAR_BLOCK];
  int is_extended = reader->header[482] != 0;
  while (result == 0 && is_extended) {
    if ((result = tar_reader_raw(reader, TAR_RAW_META, TAR_BLOCK, block)) < 0)
      return result;
    is_extended = block[504] != 0;
    result = add_from_block(reader, block, 0, 21);
  }
  return result < 0 ? result : finish(reader, real_size);
}

/* Pax 1.0: decimal numbers, one per line, at the beginning of the payload, padded to a block. */
struct map_text {
  struct tar_reader *reader;
  unsigned char block[TAR_BLOCK];
  size_t at;
};

static int next_number(struct map_text *text, int64_t *out)
{
  int64_t value = 0;
  for (int digits = 0;; digits++) {
    if (text->at == TAR_BLOCK) {
      if (text->reader->entry.stored_bytes < TAR_BLOCK)
        return refuse(text->reader, "it is longer than the payload");
      int result = tar_reader_raw(text->reader, TAR_RAW_META, TAR_BLOCK, text->block);
      if (result < 0)
        return result;
      text->reader->entry.stored_bytes -= TAR_BLOCK;
      text->at = 0;
    }
    unsigned char byte = text->block[text->at++];
    if (byte == '\n' && digits > 0) {
      *out = value;
      return 0;
    }
    if (byte < '0' || byte > '9' || digits > 18)
      return refuse(text->reader, "a number is not decimal");
    value = value * 10 + (byte - '0');
    if (value > INT64_MAX / 10)
      return refuse(text->reader, "a number is too large");
  }
}

static int from_payload(struct tar_reader *reader, int64_t real_size)
{
  struct map_text text = {.reader = reader, .at = TAR_BLOCK};
  int64_t count;
  int result = next_number(&text, &count);
  if (result == 0 && count > TAR_SEGMENTS_MAX)
    return refuse(reader, "too many segments");
  for (int64_t i = 0; result == 0 && i < count; i++) {
    int64_t offset, length;
    if ((result = next_number(&text, &offset)) == 0 && (result = next_number(&text, &length)) == 0)
      result = add_segment(reader, offset, length);
  }
  return result < 0 ? result : finish(reader, real_size);
}

/* "offset,length,offset,length" */
static int from_list(struct tar_reader *reader, const struct tar_pax_record *record)
{
  size_t at = 0;
  int64_t pair[2];
  int filled = 0;
  while (at < record->value_length) {
    const char *start = record->value + at;
    const char *comma = memchr(start, ',', record->value_length - at);
    size_t length = comma == NULL ? record->value_length - at : (size_t)(comma - start);
    struct tar_pax_record number = {.value = start, .value_length = length};
    if (tar_pax_number(&number, &pair[filled]) != 0)
      return refuse(reader, "a number is not decimal");
    at += length + (comma != NULL);
    filled = (filled + 1) % 2;
    int result = filled == 0 ? add_segment(reader, pair[0], pair[1]) : 0;
    if (result < 0)
      return result;
  }
  return filled == 0 ? 0 : refuse(reader, "an odd count of numbers");
}

int tar_sparse_from_pax(struct tar_reader *reader)
{
  struct tar_pax_record record;
  size_t position = 0;
  int64_t major = -1, real_size = -1, offset = -1, number;
  int result = 0;
  reader->segment_count = 0;
  while (result == 0 && tar_reader_record(reader, &position, &record) == 1) {
    size_t rest;
    if (tar_pax_key_after(&record, "GNU.sparse.", &rest) == NULL || tar_pax_key_is(&record, "GNU.sparse.name"))
      continue;
    if (tar_pax_key_is(&record, "GNU.sparse.map")) {
      result = from_list(reader, &record);
      continue;
    }
    if (tar_pax_number(&record, &number) != 0)
      return refuse(reader, "a number is not decimal");
    if (tar_pax_key_is(&record, "GNU.sparse.major"))
      major = number;
    else if (tar_pax_key_is(&record, "GNU.sparse.realsize") || tar_pax_key_is(&record, "GNU.sparse.size"))
      real_size = number;
    else if (tar_pax_key_is(&record, "GNU.sparse.offset"))
      offset = number;
    else if (tar_pax_key_is(&record, "GNU.sparse.numbytes"))
      result = add_segment(reader, offset, number);
  }
  if (result < 0)
    return result;
  return major >= 1 ? from_payload(reader, real_size) : finish(reader, real_size);
}
