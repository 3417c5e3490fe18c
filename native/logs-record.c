/* Taking log records apart and printing them. */
/* The rest of the program is built to be small; every byte of output passes through here. */
#pragma GCC optimize("O2")
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "logs.h"
#include "timestamp.h"

static const char record_begin[] = "{\"log\":\"";
static const char record_middle[] = "\",\"stream\":\"std";
static const char record_time[] = "\",\"time\":\"";
static const char record_end[] = "\"}";
#define BYTES(text) (sizeof text - 1)

/* A record with attributes behind its stream. What is quoted in the text has a backslash before each quote, so the first such
 * sequence without is the end of the text. */
static int log_record_parse_attributed(const uint8_t *line, size_t length, struct log_record *out)
{
  const uint8_t *text = line + BYTES(record_begin);
  const uint8_t *middle = memmem(text, length - BYTES(record_begin), record_middle, BYTES(record_middle));
  if (middle == NULL || length - (size_t)(middle - line) < BYTES(record_middle) + 4) return -EINVAL;
  const uint8_t *stream = middle + BYTES(record_middle);
  out->is_stderr = memcmp(stream, "err\"", 4) == 0;
  if (!out->is_stderr && memcmp(stream, "out\"", 4) != 0) return -EINVAL;
  out->text = text;
  out->length = (size_t)(middle - text);
  return 0;
}

int log_record_parse(const uint8_t *line, size_t length, struct log_record *out)
{
  const char *text = (const char *)line, *end = text + length;
  size_t least = BYTES(record_begin) + BYTES(record_middle) + 3 + BYTES(record_time) + 20 + BYTES(record_end);
  if (length < least || memcmp(text, record_begin, BYTES(record_begin)) != 0) return -EINVAL;
  if (memcmp(end - BYTES(record_end), record_end, BYTES(record_end)) != 0) return -EINVAL;
  end -= BYTES(record_end);
  const char *time = end;
  while (time > text && time[-1] != '"' && end - time < 40) time--; /* an RFC 3339 time is at most 35 characters */
  out->time = time;
  out->time_length = (size_t)(end - time);
  const char *middle = time - BYTES(record_time) - 3 - BYTES(record_middle);
  if (time[-(long)BYTES(record_time)] == '}') return log_record_parse_attributed(line, length, out);
  if (middle < text + BYTES(record_begin) || memcmp(middle, record_middle, BYTES(record_middle)) != 0) return -EINVAL;
  const char *stream = middle + BYTES(record_middle);
  out->is_stderr = memcmp(stream, "err", 3) == 0;
  if (!out->is_stderr && memcmp(stream, "out", 3) != 0) return -EINVAL;
  if (memcmp(stream + 3, record_time, BYTES(record_time)) != 0) return -EINVAL;
  out->text = line + BYTES(record_begin);
  out->length = (size_t)(middle - text) - BYTES(record_begin);
  return 0;
}

bool log_record_ends_line(const struct log_record *record)
{
  const uint8_t *end = record->text + record->length;
  if (record->length < 2 || end[-1] != 'n' || end[-2] != '\\') return false;
  size_t backslashes = 1;
  while (backslashes + 1 < record->length && end[-2 - (long)backslashes] == '\\') backslashes++;
  return backslashes % 2 == 1;
}

static int hex_value(uint8_t digit)
{
  if (digit >= '0' && digit <= '9') return digit - '0';
  digit |= 0x20;
  return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* The number in four hexadecimal digits, or -1. */
static int32_t hex_number(const uint8_t *text)
{
  int32_t value = 0;
  for (int i = 0; i < 4; i++) {
    int digit = hex_value(text[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

static size_t put_utf8(uint8_t *out, uint32_t code)
{
  if (code < 0x80) {
    out[0] = (uint8_t)code;
    return 1;
  }
  if (code < 0x800) {
    out[0] = (uint8_t)(0xc0 | code >> 6);
    out[1] = (uint8_t)(0x80 | (code & 0x3f));
    return 2;
  }
  out[0] = (uint8_t)(0xe0 | code >> 12);
  out[1] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
  out[2] = (uint8_t)(0x80 | (code & 0x3f));
  return 3;
}

/* Decodes the escape at text, which has length bytes. Returns the bytes written (at most 3); *used is what it took. */
static size_t decode_escape(uint8_t *out, const uint8_t *text, size_t length, size_t *used)
{
  if (length < 2) { /* a backslash at the end: no writer of ours leaves one */
    out[0] = text[0];
    *used = 1;
    return 1;
  }
  uint8_t kind = text[1];
  int32_t code = kind == 'u' && length >= 6 ? hex_number(text + 2) : -1;
  if (code >= 0) {
    *used = 6;
    return put_utf8(out, (uint32_t)code);
  }
  const char *found = kind < 'b' ? NULL : strchr("n\nr\rt\tb\bf\f", kind);
  out[0] = found == NULL ? kind : (uint8_t)found[1];
  *used = 2;
  return 1;
}

size_t log_text_decode(uint8_t *out, size_t room, const uint8_t *text, size_t length, size_t *used)
{
  const uint8_t *at = text, *end = text + length;
  uint8_t *to = out, *limit = out + room;
  while (at < end && limit - to >= 4) {
    size_t part = (size_t)(end - at) < (size_t)(limit - to) ? (size_t)(end - at) : (size_t)(limit - to);
    const uint8_t *backslash = memchr(at, '\\', part);
    size_t plain = backslash == NULL ? part : (size_t)(backslash - at);
    memcpy(to, at, plain);
    to += plain;
    at += plain;
    if (backslash == NULL || limit - to < 4) continue;
    size_t taken;
    to += decode_escape(to, at, (size_t)(end - at), &taken);
    at += taken;
  }
  *used = (size_t)(at - text);
  return (size_t)(to - out);
}

static uint8_t write_buffer[LOGS_WRITE_BYTES];

void logs_flush(struct logs_writer *writer)
{
  size_t done = 0;
  while (done < writer->used && !writer->has_failed) {
    ssize_t wrote = write(writer->fd, write_buffer + done, writer->used - done);
    if (wrote >= 0) done += (size_t)wrote;
    else if (errno == EAGAIN) poll(&(struct pollfd){.fd = writer->fd, .events = POLLOUT}, 1, -1);
    else if (errno != EINTR) writer->has_failed = true;
  }
  writer->used = 0;
}

static void logs_put(struct logs_writer *writer, const void *bytes, size_t length)
{
  if (writer->used + length > LOGS_WRITE_BYTES) logs_flush(writer);
  if (length > LOGS_WRITE_BYTES) return; /* only a name could be so long, and the kernel's limit on arguments forbids it */
  memcpy(write_buffer + writer->used, bytes, length);
  writer->used += length;
}

static void logs_put_name(struct logs_writer *writer, const struct logs_options *options)
{
  if (options->color != NULL) {
    logs_put(writer, "\033[", 2);
    logs_put(writer, options->color, strlen(options->color));
    logs_put(writer, "m", 1);
  }
  logs_put(writer, options->name, strlen(options->name));
  if (options->color != NULL) logs_put(writer, "\033[0m", 4);
  logs_put(writer, " ", 1);
}

void logs_print(struct logs_writer *writer, const struct logs_options *options, const struct log_record *record)
{
  int fd = record->is_stderr ? 2 : 1;
  if (writer->fd != fd) logs_flush(writer);
  writer->fd = fd;
  if (!writer->is_within_line[fd]) {
    if (options->name != NULL) logs_put_name(writer, options);
    if (options->has_timestamps) {
      logs_put(writer, record->time, record->time_length);
      logs_put(writer, " ", 1);
    }
  }
  for (size_t done = 0; done < record->length && !writer->has_failed;) {
    size_t used;
    if (LOGS_WRITE_BYTES - writer->used < 64) logs_flush(writer);
    writer->used += log_text_decode(write_buffer + writer->used, LOGS_WRITE_BYTES - writer->used, record->text + done, record->length - done, &used);
    done += used;
  }
  writer->is_within_line[fd] = !log_record_ends_line(record);
}
