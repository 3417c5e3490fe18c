/* Finding the last lines of a log from its end. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "logs.h"

static uint8_t tail_buffer[LOGS_READ_BYTES];

/* Counts one record, walking backwards. True when the lines wanted begin behind it. */
static bool logs_tail_count(const uint8_t *line, size_t length, int64_t *wanted, bool *is_last)
{
  struct log_record record;
  if (log_record_parse(line, length, &record) < 0) return false;
  bool begins_line = *is_last || log_record_ends_line(&record);
  *is_last = false;
  if (!begins_line) return false;
  if (*wanted == 0) return true;
  --*wanted;
  return false;
}

/* Walks back through the whole lines of a block that ends at the end of a line. Returns the offset within the block where the walk
 * ended; *is_found when the lines wanted begin there. */
static size_t logs_tail_block(size_t length, bool is_first_block, int64_t *wanted, bool *is_last, bool *is_found)
{
  size_t end = length;
  while (end > 0) {
    const uint8_t *newline = end < 2 ? NULL : memrchr(tail_buffer, '\n', end - 1);
    if (newline == NULL && !is_first_block) return end;
    size_t start = newline == NULL ? 0 : (size_t)(newline - tail_buffer) + 1;
    size_t text_end = tail_buffer[end - 1] == '\n' ? end - 1 : end;
    if (logs_tail_count(tail_buffer + start, text_end - start, wanted, is_last)) {
      *is_found = true;
      return end;
    }
    end = start;
  }
  return 0;
}

/* As logs_tail_offset, -1 when the file turned out to be shorter. */
static int64_t logs_tail_walk(int fd, int64_t size, int64_t *wanted, bool *is_last)
{
  int64_t end = size;
  while (end > 0) {
    int64_t start = end > (int64_t)LOGS_READ_BYTES ? end - (int64_t)LOGS_READ_BYTES : 0;
    ssize_t got = pread(fd, tail_buffer, (size_t)(end - start), start);
    if (got != end - start) return -1;
    bool is_found = false;
    size_t left = logs_tail_block((size_t)got, start == 0, wanted, is_last, &is_found);
    if (is_found) return start + (int64_t)left;
    end = left == (size_t)got ? start : start + (int64_t)left; /* no line begins in a whole block: it is no record */
  }
  return 0;
}

int64_t logs_tail_offset(int fd, int64_t *size, int64_t *wanted, bool *is_last)
{
  for (;;) {
    int64_t wanted_then = *wanted;
    bool is_last_then = *is_last;
    int64_t offset = logs_tail_walk(fd, *size, &wanted_then, &is_last_then);
    if (offset >= 0) {
      *wanted = wanted_then;
      *is_last = is_last_then;
      return offset;
    }
    /* On a full disk the monitor takes back what it could write of a record. */
    struct stat status;
    *size = fstat(fd, &status) == 0 && status.st_size < *size ? status.st_size : 0;
  }
}
