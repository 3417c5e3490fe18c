/* Whole records go out in each write, so that a crash or a full disk never leaves half a record behind for longer than one truncate. */
#define _GNU_SOURCE
#include "log-file.h"
#include "log-journal.h"
#include "log-json.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char record_begin[] = "{\"log\":\"";
static const char *const record_stream[] = {"\",\"stream\":\"stdout\"", "\",\"stream\":\"stderr\""};
static const char record_time[] = ",\"time\":\"";
static const char record_end[] = "\"}\n";

#define BEGIN_BYTES (sizeof record_begin - 1)
#define STREAM_BYTES 19u
#define TIME_NAME_BYTES (sizeof record_time - 1)
#define TIME_BYTES (TIMESTAMP_BYTES - 1)
#define SUFFIX_BYTES (STREAM_BYTES + TIME_NAME_BYTES + TIME_BYTES + sizeof record_end - 1)
/* Less room than this is not worth starting a record in. */
#define RECORD_ROOM (BEGIN_BYTES + SUFFIX_BYTES + 64)

static int log_file_create(struct log_file *log)
{
  log->size = 0;
  log->fd = openat(log->dir_fd, log->name, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (log->fd < 0) return -errno;
  struct stat status;
  if (fstat(log->fd, &status) < 0) return -errno;
  log->size = (uint64_t)status.st_size;
  char last;
  /* A monitor that was killed in the middle of a write left half a record: the next one starts on a line of its own. */
  if (log->size > 0 && pread(log->fd, &last, 1, (off_t)log->size - 1) == 1 && last != '\n' && write(log->fd, "\n", 1) == 1) log->size++;
  return 0;
}

int log_file_open(struct log_file *log, int dir_fd, const char *name, uint8_t *buffer)
{
  uint64_t max_bytes = log->max_bytes;
  uint32_t max_files = log->max_files;
  memset(log, 0, sizeof *log);
  log->max_bytes = max_bytes;
  log->max_files = max_files;
  log->fd = -1;
  log->dir_fd = dir_fd;
  log->buffer = buffer;
  log->name = name;
  log->attributes = "";
  if (strlen(name) >= PATH_MAX - 12) return -ENAMETOOLONG;
  return name[0] == '\0' ? 0 : log_file_create(log);
}

static void log_file_rotated_name(const struct log_file *log, uint32_t number, char *out)
{
  size_t length = strlen(log->name); /* at most PATH_MAX - 12, log_file_open saw to it */
  memcpy(out, log->name, length + 1);
  if (number > 0) snprintf(out + length, 12, ".%u", number);
}

/* Makes room for a new file. Where that fails the old file goes on growing: a large log is better than a lost one. */
static void log_file_rotate(struct log_file *log)
{
  char from[PATH_MAX], to[PATH_MAX];
  uint32_t files = log->max_files == 0 ? 1 : log->max_files;
  log_file_rotated_name(log, files - 1, from);
  if (unlinkat(log->dir_fd, from, 0) < 0 && errno != ENOENT) return;
  for (uint32_t number = files - 1; number > 0; number--) {
    log_file_rotated_name(log, number - 1, from);
    log_file_rotated_name(log, number, to);
    if (renameat(log->dir_fd, from, log->dir_fd, to) < 0 && errno != ENOENT) return;
  }
  int old = log->fd;
  uint64_t old_size = log->size;
  if (log_file_create(log) < 0) {
    log->last_error = errno;
    log->fd = old;
    log->size = old_size;
    return;
  }
  close(old);
}

static void log_file_lose(struct log_file *log, int error, size_t raw)
{
  log->last_error = error;
  log->lost_bytes += raw;
}

/* Writes the first count bytes of the buffer, which stand for raw bytes of output, and moves the rest to its front. */
static void log_file_write(struct log_file *log, size_t count, size_t raw)
{
  size_t done = 0;
  while (done < count) {
    ssize_t wrote = write(log->fd, log->buffer + done, count - done);
    if (wrote > 0) {
      done += (size_t)wrote;
      continue;
    }
    if (wrote < 0 && errno == EINTR) continue;
    int error = wrote < 0 ? errno : EIO;
    if (done > 0 && ftruncate(log->fd, (off_t)log->size) < 0) error = errno;
    log_file_lose(log, error, raw);
    done = 0;
    break;
  }
  log->size += done;
  log->used -= count;
  log->used_raw -= raw;
  memmove(log->buffer, log->buffer + count, log->used);
}

void log_file_set_attributes(struct log_file *log, const char *attributes)
{
  size_t length = strlen(attributes);
  if (length > LOG_ATTRIBUTES_MAX) return;
  log->attributes = attributes;
  log->attributes_length = length;
}

void log_file_flush(struct log_file *log)
{
  if (log->used > 0) log_file_write(log, log->used, log->used_raw);
}

size_t log_whole_characters(const uint8_t *data, size_t length)
{
  size_t back = 0;
  while (back < 3 && back < length && (data[length - 1 - back] & 0xc0) == 0x80) back++;
  if (back >= length) return length; /* no beginning of a sequence among them: not UTF-8 */
  uint8_t lead = data[length - 1 - back];
  size_t wants = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return wants > back + 1 ? length - back - 1 : length;
}

/* Returns its length. */
static size_t log_file_put_suffix(const struct log_file *log, enum log_stream stream, uint8_t *out)
{
  memcpy(out, record_stream[stream], STREAM_BYTES);
  memcpy(out += STREAM_BYTES, log->attributes, log->attributes_length);
  memcpy(out += log->attributes_length, record_time, TIME_NAME_BYTES);
  memcpy(out += TIME_NAME_BYTES, log->time, TIME_BYTES);
  memcpy(out + TIME_BYTES, record_end, sizeof record_end - 1);
  return SUFFIX_BYTES + log->attributes_length;
}

void log_file_set_time(struct log_file *log)
{
  if (log->fd < 0) return;
  timestamp_now(log->time);
  if (SUFFIX_BYTES + log->attributes_length > LOG_SUFFIX_MAX) return;
  for (enum log_stream stream = LOG_STDOUT; stream <= LOG_STDERR; stream++) log->suffix_length = log_file_put_suffix(log, stream, log->suffix[stream]);
}

/* Adds records of whole lines, as many as come without a special case. Returns the bytes taken. */
static size_t log_file_put_lines(struct log_file *log, enum log_stream stream, const uint8_t *data, size_t length)
{
  struct log_json_frame frame = {.after = log->suffix[stream], .after_length = log->suffix_length, .record_max = LOG_RECORD_MAX};
  size_t room = LOG_BUFFER_BYTES - log->used;
  uint64_t size = log->size + log->used;
  if (log->suffix_length == 0 || (log->max_bytes > 0 && size >= log->max_bytes)) return 0;
  if (log->max_bytes > 0 && room > log->max_bytes - size) room = (size_t)(log->max_bytes - size);
  memcpy(frame.before, record_begin, BEGIN_BYTES);
  struct log_json_result result = log_json_lines(log->buffer + log->used, room, data, length, &frame);
  log->used += result.written;
  log->used_raw += result.read;
  return result.read;
}

/* Adds one record from the front of data. Returns the bytes taken, 0 for an unfinished line that is to be left. */
static size_t log_file_put_record(struct log_file *log, enum log_stream stream, const uint8_t *data, size_t length, enum log_rest rest)
{
  if (LOG_BUFFER_BYTES - log->used < RECORD_ROOM + log->attributes_length) log_file_flush(log);
  size_t start = log->used, body = start + BEGIN_BYTES;
  size_t room = LOG_BUFFER_BYTES - body - SUFFIX_BYTES - log->attributes_length, most = LOG_RECORD_MAX - RECORD_ROOM - log->attributes_length;
  bool is_crowded = room < most;
  if (!is_crowded) room = most;
  memcpy(log->buffer + start, record_begin, BEGIN_BYTES);
  struct log_json_result result = log_json_escape(log->buffer + body, room, data, length);
  if (result.end == LOG_JSON_INPUT && rest == LOG_REST_LINE) return 0;
  if (result.end == LOG_JSON_ROOM && is_crowded && start > 0) {
    log_file_flush(log);
    return log_file_put_record(log, stream, data, length, rest);
  }
  if (result.end == LOG_JSON_ROOM || (result.end == LOG_JSON_INPUT && rest == LOG_REST_CHARACTER)) {
    size_t whole = log_whole_characters(data, result.read);
    result.written -= result.read - whole; /* such bytes are not escaped: one byte in is one byte out */
    result.read = whole;
    if (whole == 0) return 0;
  }
  size_t end = body + result.written;
  end += log_file_put_suffix(log, stream, log->buffer + end);
  if (log->max_bytes > 0 && log->size + end > log->max_bytes && log->size + start > 0) {
    log->used = end;
    size_t raw = log->used_raw;
    log->used_raw += result.read;
    if (start > 0) log_file_write(log, start, raw);
    if (log->size > 0) log_file_rotate(log);
    return result.read;
  }
  log->used = end;
  log->used_raw += result.read;
  return result.read;
}

size_t log_file_append(struct log_file *log, enum log_stream stream, const uint8_t *data, size_t length, enum log_rest rest)
{
  if (log->journal != NULL) return log_journal_append(log->journal, stream, data, length, rest, &log->lost_bytes, &log->last_error);
  if (log->fd < 0) return length;
  size_t taken = 0;
  while (taken < length) {
    taken += log_file_put_lines(log, stream, data + taken, length - taken);
    if (taken == length) break;
    size_t one = log_file_put_record(log, stream, data + taken, length - taken, rest);
    if (one == 0) break;
    taken += one;
  }
  return taken;
}
