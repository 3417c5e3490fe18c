#include "tar-reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "layer-base.h"
#include "tar-header.h"

void tar_reader_open(struct tar_reader *reader, struct tar_stream *stream, tar_observer observe, void *context)
{
  *reader = (struct tar_reader){.stream = stream, .observe = observe, .context = context};
}

void tar_reader_close(struct tar_reader *reader)
{
  free(reader->global.bytes);
  free(reader->local.bytes);
  free(reader->long_name.bytes);
  free(reader->long_link.bytes);
  free(reader->name);
  free(reader->link);
  free(reader->segments);
}

static int malformed(const struct tar_reader *reader, const char *what)
{
  return layer_fail(EBADMSG, "tar-malformed", reader->entry.name, "the archive is malformed at byte %llu: %s",
                    (unsigned long long)reader->stream->offset, what);
}

static int truncated(const struct tar_reader *reader)
{
  return layer_fail(EBADMSG, "tar-truncated", reader->entry.name, "the archive ends early, after %llu bytes",
                    (unsigned long long)(reader->stream->offset + reader->stream->end - reader->stream->start));
}

static int64_t fill(struct tar_reader *reader, size_t want)
{
  int64_t there = tar_stream_fill(reader->stream, want);
  if (there < 0)
    layer_fail((int)-there, "tar-unreadable", NULL, "the archive cannot be read: %s", strerror((int)-there));
  return there;
}

/* Shows length bytes to the observer, copying them if asked. The stream need not hold them all at once. */
int tar_reader_raw(struct tar_reader *reader, enum tar_raw kind, size_t length, unsigned char *copy)
{
  while (length > 0) {
    size_t piece = length < TAR_STREAM_BYTES / 2 ? length : TAR_STREAM_BYTES / 2;
    int64_t there = fill(reader, piece);
    if (there < 0)
      return (int)there;
    if ((uint64_t)there < piece)
      return truncated(reader);
    const unsigned char *bytes = tar_stream_peek(reader->stream);
    if (copy != NULL) {
      memcpy(copy, bytes, piece);
      copy += piece;
    }
    int result = reader->observe(reader->context, kind, bytes, piece);
    if (result < 0)
      return result;
    tar_stream_consume(reader->stream, piece);
    length -= piece;
  }
  return 0;
}

static uint64_t padding_of(uint64_t size)
{
  return (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK;
}

/* The content of a header that describes the next entry, NUL-terminated. */
static int read_meta(struct tar_reader *reader, struct tar_buffer *into, int64_t size)
{
  free(into->bytes);
  *into = (struct tar_buffer){0};
  if (size < 0 || size > TAR_META_MAX)
    return malformed(reader, "an extended header is larger than 1 MiB");
  into->bytes = malloc((size_t)size + 1);
  if (into->bytes == NULL)
    return -ENOMEM;
  into->bytes[size] = 0;
  into->length = (size_t)size;
  int result = tar_reader_raw(reader, TAR_RAW_META, (size_t)size, (unsigned char *)into->bytes);
  return result < 0 ? result : tar_reader_raw(reader, TAR_RAW_META, padding_of((uint64_t)size), NULL);
}

static void forget(struct tar_buffer *buffer)
{
  free(buffer->bytes);
  *buffer = (struct tar_buffer){0};
}

int tar_reader_record(const struct tar_reader *reader, size_t *position, struct tar_pax_record *out)
{
  int is_global = *position < reader->global.length;
  if (is_global && tar_pax_next(reader->global.bytes, reader->global.length, position, out) == 1)
    return 1;
  if (*position < reader->global.length)
    *position = reader->global.length;
  size_t local = *position - reader->global.length;
  int result = tar_pax_next(reader->local.bytes, reader->local.length, &local, out);
  *position = reader->global.length + local;
  return result;
}

static int validate_records(struct tar_reader *reader, const struct tar_buffer *buffer)
{
  struct tar_pax_record record;
  size_t position = 0;
  int result;
  while ((result = tar_pax_next(buffer->bytes, buffer->length, &position, &record)) == 1)
    ;
  return result < 0 ? malformed(reader, "a record of a pax header is broken") : 0;
}

static int keep_text(struct tar_reader *reader, char **text, size_t *capacity, const char *bytes, size_t length)
{
  if (memchr(bytes, 0, length) != NULL)
    return malformed(reader, "a name contains a zero byte");
  if (length + 1 > *capacity) {
    size_t wanted = length + 1 < 512 ? 512 : length + 1;
    char *grown = realloc(*text, wanted);
    if (grown == NULL)
      return -ENOMEM;
    *text = grown;
    *capacity = wanted;
  }
  memcpy(*text, bytes, length);
  (*text)[length] = 0;
  reader->entry.name = reader->name;
  reader->entry.link_name = reader->link;
  return 0;
}

static int set_name(struct tar_reader *reader, const char *bytes, size_t length)
{
  return keep_text(reader, &reader->name, &reader->name_capacity, bytes, length);
}

static int set_link(struct tar_reader *reader, const char *bytes, size_t length)
{
  return keep_text(reader, &reader->link, &reader->link_capacity, bytes, length);
}

static int decode_names(struct tar_reader *reader)
{
  char name[260];
  tar_header_name(reader->header, tar_dialect_of(reader->header), name);
  const char *link = (const char *)reader->header + 157;
  int result = set_name(reader, name, strlen(name));
  if (result == 0)
    result = set_link(reader, link, strnlen(link, 100));
  if (result == 0 && reader->long_name.bytes != NULL)
    result = set_name(reader, reader->long_name.bytes, strnlen(reader->long_name.bytes, reader->long_name.length));
  if (result == 0 && reader->long_link.bytes != NULL)
    result = set_link(reader, reader->long_link.bytes, strnlen(reader->long_link.bytes, reader->long_link.length));
  return result;
}

static int decode_header(struct tar_reader *reader)
{
  struct tar_entry *entry = &reader->entry;
  const unsigned char *block = reader->header;
  int64_t mode, size;
  int result = decode_names(reader);
  if (result < 0)
    return result;
  entry->type = block[TAR_TYPE_AT] == 0 ? '0' : (char)block[TAR_TYPE_AT];
  if (tar_parse_number(block, TAR_MODE, &mode) != 0 || tar_parse_number(block, TAR_UID, &entry->uid) != 0 ||
      tar_parse_number(block, TAR_GID, &entry->gid) != 0 || tar_parse_number(block, TAR_SIZE, &size) != 0 ||
      tar_parse_number(block, TAR_MTIME, &entry->mtime_seconds) != 0)
    return malformed(reader, "a number in a header is broken");
  if (size < 0)
    return malformed(reader, "a negative size");
  entry->mode = (uint32_t)mode & 07777;
  entry->stored_bytes = entry->size = (uint64_t)size;
  int has_devices = tar_dialect_of(block) != TAR_V7;
  if (has_devices && (tar_parse_number(block, TAR_DEVMAJOR, &entry->device_major) != 0 ||
                      tar_parse_number(block, TAR_DEVMINOR, &entry->device_minor) != 0) &&
      (entry->type == '3' || entry->type == '4'))
    return malformed(reader, "a device number is broken");
  return 0;
}

static int apply_record(struct tar_reader *reader, const struct tar_pax_record *record)
{
  struct tar_entry *entry = &reader->entry;
  int64_t size;
  int result = 0;
  if (record->value_length == 0)
    return 0; /* an empty value takes back a global one */
  if (tar_pax_key_is(record, "path"))
    return set_name(reader, record->value, record->value_length);
  if (tar_pax_key_is(record, "GNU.sparse.name"))
    return set_name(reader, record->value, record->value_length);
  if (tar_pax_key_is(record, "linkpath"))
    return set_link(reader, record->value, record->value_length);
  if (tar_pax_key_is(record, "uid"))
    result = tar_pax_number(record, &entry->uid);
  else if (tar_pax_key_is(record, "gid"))
    result = tar_pax_number(record, &entry->gid);
  else if (tar_pax_key_is(record, "mtime"))
    result = tar_pax_time(record, &entry->mtime_seconds, &entry->mtime_nanoseconds);
  else if (tar_pax_key_is(record, "size")) {
    result = tar_pax_number(record, &size);
    if (result == 0 && size < 0)
      return malformed(reader, "a negative size");
    if (result == 0)
      entry->stored_bytes = entry->size = (uint64_t)size;
  }
  return result < 0 ? malformed(reader, "a number in a pax header is broken") : 0;
}

static int apply_records(struct tar_reader *reader)
{
  struct tar_pax_record record;
  size_t position = 0;
  int is_sparse = 0;
  int has_sparse_name = 0;
  int result = 0;
  while (result == 0 && tar_reader_record(reader, &position, &record) == 1) {
    size_t rest;
    is_sparse |= tar_pax_key_after(&record, "GNU.sparse.", &rest) != NULL;
    has_sparse_name |= tar_pax_key_is(&record, "GNU.sparse.name");
    if (!(has_sparse_name && tar_pax_key_is(&record, "path")))
      result = apply_record(reader, &record);
  }
  return result < 0 ? result : is_sparse;
}

static int is_regular(char type)
{
  return type == '0' || type == '7' || type == 'S';
}

/* Settles type, payload and sparse map of a decoded entry. Links and special files have no payload, whatever the size says (as
 * Go's archive/tar, with which most layers are read). */
static int settle(struct tar_reader *reader, int has_pax_sparse)
{
  struct tar_entry *entry = &reader->entry;
  size_t length = strlen(entry->name);
  int result = 0;
  if (entry->stored_bytes > INT64_MAX - 2 * TAR_BLOCK)
    return malformed(reader, "a size that cannot be");
  if (strchr("123456", entry->type) != NULL)
    entry->stored_bytes = entry->size = 0;
  reader->padding = padding_of(entry->stored_bytes);
  if (entry->type == 'S')
    result = tar_sparse_from_gnu(reader);
  else if (is_regular(entry->type) && has_pax_sparse)
    result = tar_sparse_from_pax(reader);
  if (is_regular(entry->type))
    entry->type = entry->type == '0' && length > 0 && entry->name[length - 1] == '/' && entry->stored_bytes == 0 ? '5' : '0';
  return result;
}

/* Two zero blocks end the archive; what follows belongs to its bytes all the same. */
static int read_tail(struct tar_reader *reader)
{
  for (;;) {
    int64_t there = fill(reader, TAR_BLOCK);
    if (there <= 0)
      return (int)there;
    int result = reader->observe(reader->context, TAR_RAW_OTHER, tar_stream_peek(reader->stream), (size_t)there);
    if (result < 0)
      return result;
    tar_stream_consume(reader->stream, (size_t)there);
  }
}

/* The next header block into reader->header. 1, 0 at the end of the archive, or -errno. */
static int read_header(struct tar_reader *reader)
{
  int64_t there = fill(reader, TAR_BLOCK);
  if (there <= 0)
    return (int)there;
  if (there < TAR_BLOCK)
    return truncated(reader);
  memcpy(reader->header, tar_stream_peek(reader->stream), TAR_BLOCK);
  if (tar_block_is_zero(reader->header)) {
    if ((there = fill(reader, 2 * TAR_BLOCK)) < 0)
      return (int)there;
    if (there >= 2 * TAR_BLOCK && !tar_block_is_zero(tar_stream_peek(reader->stream) + TAR_BLOCK))
      return malformed(reader, "a lone zero block");
    return read_tail(reader);
  }
  if (!tar_checksum_is_right(reader->header))
    return malformed(reader, reader->stream->offset == 0 ? "this is not a tar archive" : "a header's checksum is wrong");
  char type = (char)reader->header[TAR_TYPE_AT];
  enum tar_raw kind = type != 0 && strchr("xgXLK", type) != NULL ? TAR_RAW_META_HEADER : TAR_RAW_HEADER;
  int result = tar_reader_raw(reader, kind, TAR_BLOCK, NULL);
  return result < 0 ? result : 1;
}

/* 1: the header described the next entry and has been read, 0: it is an entry. */
static int read_if_meta(struct tar_reader *reader)
{
  int64_t size;
  struct tar_buffer *into;
  switch (reader->header[TAR_TYPE_AT]) {
    case 'L': into = &reader->long_name; break;
    case 'K': into = &reader->long_link; break;
    case 'g': into = &reader->global; break;
    case 'x': case 'X': into = &reader->local; break;
    default: return 0;
  }
  if (tar_parse_number(reader->header, TAR_SIZE, &size) != 0)
    return malformed(reader, "a number in a header is broken");
  int result = read_meta(reader, into, size);
  if (result == 0 && (into == &reader->global || into == &reader->local))
    result = validate_records(reader, into);
  return result < 0 ? result : 1;
}

int tar_reader_next(struct tar_reader *reader)
{
  int result = tar_reader_skip_payload(reader);
  if (result == 0)
    result = tar_reader_raw(reader, TAR_RAW_OTHER, reader->padding, NULL);
  reader->padding = 0;
  reader->entry = (struct tar_entry){0};
  forget(&reader->local);
  forget(&reader->long_name);
  forget(&reader->long_link);
  while (result == 0) {
    if ((result = read_header(reader)) <= 0) {
      int is_dangling = result == 0 && (reader->local.bytes != NULL || reader->long_name.bytes != NULL || reader->long_link.bytes != NULL);
      return is_dangling ? malformed(reader, "an extended header without an entry") : result;
    }
    if ((result = read_if_meta(reader)) < 0)
      return result;
    result = result == 1 ? 0 : 1;
  }
  if (result == 1)
    result = decode_header(reader);
  if (result == 0)
    result = apply_records(reader);
  if (result >= 0)
    result = settle(reader, result);
  return result < 0 ? result : 1;
}

int64_t tar_reader_payload(struct tar_reader *reader, const unsigned char **bytes)
{
  uint64_t left = reader->entry.stored_bytes;
  /* Whatever is there already is taken first; a fresh read fills the whole buffer. */
  int64_t there = (int64_t)(reader->stream->end - reader->stream->start);
  if (there == 0 && (there = fill(reader, 1)) <= 0)
    return there < 0 ? there : truncated(reader);
  *bytes = tar_stream_peek(reader->stream);
  return (uint64_t)there < left ? there : (int64_t)left;
}

void tar_reader_consume(struct tar_reader *reader, size_t length)
{
  tar_stream_consume(reader->stream, length);
  reader->entry.stored_bytes -= length;
}

int tar_reader_skip_payload(struct tar_reader *reader)
{
  while (reader->entry.stored_bytes > 0) {
    const unsigned char *bytes;
    int64_t there = tar_reader_payload(reader, &bytes);
    if (there < 0)
      return (int)there;
    int result = reader->observe(reader->context, TAR_RAW_OTHER, bytes, (size_t)there);
    if (result < 0)
      return result;
    tar_reader_consume(reader, (size_t)there);
  }
  return 0;
}
