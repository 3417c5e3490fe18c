#define _GNU_SOURCE
#include "tar-writer.h"

#include <errno.h>
#include <string.h>

#include "layer-base.h"
#include "tar-header.h"

#define OCTAL_7_DIGITS 2097151
#define OCTAL_11_DIGITS 8589934591

int tar_writer_open(struct tar_writer *writer, int fd)
{
  *writer = (struct tar_writer){0};
  return layer_output_open(&writer->output, fd, "tar-not-written");
}

void tar_writer_close(struct tar_writer *writer)
{
  layer_output_close(&writer->output);
  free(writer->records);
}

static uint64_t padding_of(uint64_t size)
{
  return (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK;
}

int tar_write_record(struct tar_writer *writer, const char *key, const void *value, size_t length)
{
  char number[24];
  size_t rest = strlen(key) + length + 3;
  size_t total = rest;
  while (rest + (size_t)snprintf(number, sizeof number, "%zu", total) != total)
    total = rest + strlen(number);
  if (writer->records_length + total > writer->records_capacity) {
    size_t capacity = (writer->records_length + total) * 2;
    char *grown = realloc(writer->records, capacity);
    if (grown == NULL)
      return -ENOMEM;
    writer->records = grown;
    writer->records_capacity = capacity;
  }
  char *at = writer->records + writer->records_length;
  at += sprintf(at, "%zu %s=", total, key);
  memcpy(at, value, length);
  at[length] = '\n';
  writer->records_length += total;
  return 0;
}

static int write_number_record(struct tar_writer *writer, const char *key, int64_t value)
{
  char text[24];
  int length = snprintf(text, sizeof text, "%lld", (long long)value);
  return tar_write_record(writer, key, text, (size_t)length);
}

static int write_time_record(struct tar_writer *writer, const struct tar_item *item)
{
  char text[48];
  int64_t seconds = item->mtime_seconds;
  uint32_t fraction = item->mtime_nanoseconds;
  const char *sign = "";
  if (seconds < 0) { /* -1.5 is stored as -2 s and 500 ms */
    sign = "-";
    seconds = fraction == 0 ? -seconds : -(seconds + 1);
    fraction = fraction == 0 ? 0 : 1000000000 - fraction;
  }
  int length = snprintf(text, sizeof text, "%s%lld.%09u", sign, (long long)seconds, fraction);
  while (text[length - 1] == '0')
    length--;
  length -= text[length - 1] == '.';
  return tar_write_record(writer, "mtime", text, (size_t)length);
}

/* Name and prefix of ustar, or a pax record. */
static int put_name(struct tar_writer *writer, unsigned char *block, const char *name)
{
  size_t length = strlen(name);
  if (length <= 100) {
    memcpy(block, name, length);
    return 0;
  }
  memcpy(block, name, 100);
  for (size_t at = length > 101 ? length - 101 : 1; at <= 155 && at < length - 1; at++) {
    if (name[at] != '/')
      continue;
    memset(block, 0, 100);
    memcpy(block, name + at + 1, length - at - 1);
    memcpy(block + TAR_PREFIX_AT, name, at);
    return 0;
  }
  return tar_write_record(writer, "path", name, length);
}

static int64_t put_limited(unsigned char *block, size_t at, size_t width, int64_t value, int64_t most)
{
  int fits = value >= 0 && value <= most;
  tar_put_number(block, at, width, fits ? value : 0);
  return fits;
}

static int put_fields(struct tar_writer *writer, unsigned char *block, const struct tar_item *item)
{
  int result = put_name(writer, block, item->name);
  size_t link_length = item->link_name == NULL ? 0 : strlen(item->link_name);
  memcpy(block + 157, item->link_name == NULL ? "" : item->link_name, link_length < 100 ? link_length : 100);
  if (result == 0 && link_length > 100)
    result = tar_write_record(writer, "linkpath", item->link_name, link_length);
  tar_put_number(block, TAR_MODE, item->mode & 07777);
  if (!put_limited(block, TAR_UID, item->uid, OCTAL_7_DIGITS) && result == 0)
    result = write_number_record(writer, "uid", item->uid);
  if (!put_limited(block, TAR_GID, item->gid, OCTAL_7_DIGITS) && result == 0)
    result = write_number_record(writer, "gid", item->gid);
  if (!put_limited(block, TAR_SIZE, (int64_t)item->size, OCTAL_11_DIGITS) && result == 0)
    result = write_number_record(writer, "size", (int64_t)item->size);
  int time_fits = (int)put_limited(block, TAR_MTIME, item->mtime_seconds, OCTAL_11_DIGITS);
  if ((!time_fits || item->mtime_nanoseconds != 0) && result == 0)
    result = write_time_record(writer, item);
  tar_put_number(block, TAR_DEVMAJOR, item->device_major);
  tar_put_number(block, TAR_DEVMINOR, item->device_minor);
  return result;
}

static void put_common(unsigned char *block, char type)
{
  block[TAR_TYPE_AT] = (unsigned char)type;
  memcpy(block + TAR_MAGIC_AT, "ustar\0" "00", 8);
  tar_put_checksum(block);
}

static int write_records(struct tar_writer *writer)
{
  unsigned char block[TAR_BLOCK] = {0};
  memcpy(block, "PaxHeaders.0/entry", 18);
  tar_put_number(block, TAR_MODE, 0644);
  tar_put_number(block, TAR_UID, 0);
  tar_put_number(block, TAR_GID, 0);
  tar_put_number(block, TAR_SIZE, (int64_t)writer->records_length);
  tar_put_number(block, TAR_MTIME, 0);
  put_common(block, 'x');
  int result = layer_output_put(&writer->output, block, TAR_BLOCK);
  if (result == 0)
    result = layer_output_put(&writer->output, writer->records, writer->records_length);
  if (result == 0)
    result = layer_output_put(&writer->output, NULL, padding_of(writer->records_length));
  writer->records_length = 0;
  return result;
}

int tar_write_entry(struct tar_writer *writer, const struct tar_item *item)
{
  unsigned char block[TAR_BLOCK] = {0};
  int result = put_fields(writer, block, item);
  if (result < 0)
    return result;
  put_common(block, item->type);
  if (writer->records_length > 0 && (result = write_records(writer)) < 0)
    return result;
  return layer_output_put(&writer->output, block, TAR_BLOCK);
}

int tar_write_file(struct tar_writer *writer, int fd, uint64_t size)
{
  for (uint64_t left = size; left > 0;) {
    size_t piece;
    unsigned char *room = layer_output_room(&writer->output, left, &piece);
    ssize_t count = read(fd, room, piece);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return -errno;
    if (count == 0) {
      int result = layer_output_put(&writer->output, NULL, left);
      if (result < 0)
        return result;
      break;
    }
    left -= (uint64_t)count;
    int result = layer_output_filled(&writer->output, (size_t)count);
    if (result < 0)
      return result;
  }
  return layer_output_put(&writer->output, NULL, padding_of(size));
}

int tar_writer_finish(struct tar_writer *writer)
{
  int result = layer_output_put(&writer->output, NULL, 2 * TAR_BLOCK);
  return result < 0 ? result : layer_output_flush(&writer->output);
}
