/* Printing logs: what the files of the `logs` applet share. */
#ifndef CALA_LOGS_H
#define CALA_LOGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOGS_READ_BYTES (1u << 18)
#define LOGS_WRITE_BYTES (1u << 16)
#define LOGS_FILES_MAX 1000
#define LOGS_NO_LIMIT INT64_MAX

struct log_record {
  const uint8_t *text; /* still escaped */
  size_t length;
  bool is_stderr;
  const char *time;
  size_t time_length;
};

/* Takes a line (without its newline) apart. 0, or -EINVAL for anything that is no record. Records as cala writes them are
 * recognised at their ends; other writers' orders of keys are not. */
int log_record_parse(const uint8_t *line, size_t length, struct log_record *out);
/* Whether the record ends a line of the container's. */
bool log_record_ends_line(const struct log_record *record);
/* Decodes escaped text until it or the room (at least 4 bytes) runs out. Returns the decoded size; *used tells how much text it stands for. */
size_t log_text_decode(uint8_t *out, size_t room, const uint8_t *text, size_t length, size_t *used);

/* Buffered output to the two standard streams, in the order of the records. */
struct logs_writer {
  int fd; /* where the buffered bytes go */
  size_t used;
  bool is_within_line[3]; /* by descriptor: a partial record was the last */
  bool has_failed;
};

struct logs_options {
  const char *name;  /* printed before each line; NULL: none */
  const char *color; /* of that name: the digits of an escape sequence; NULL: none */
  bool has_timestamps, follows, has_stdout, has_stderr;
  int64_t tail;  /* lines; -1: all */
  int64_t since, until; /* nanoseconds; INT64_MIN, INT64_MAX: unlimited */
};

void logs_print(struct logs_writer *writer, const struct logs_options *options, const struct log_record *record);
void logs_flush(struct logs_writer *writer);

/* One log file being read: whole lines, from a buffer that a record always fits in. */
struct logs_reader {
  int fd;
  size_t start, end;
  int64_t left; /* bytes to read at most; a container may write faster than we do */
  bool skips_line; /* within a line that is too long to be a record */
};

typedef bool (*logs_visit)(void *context, const uint8_t *line, size_t length);

/* Hands every whole line that is there now to visit, until that returns false. 0, 1 when visit said so, or -errno. */
int logs_read_lines(struct logs_reader *reader, logs_visit visit, void *context);

/* logs-tail.c: walks back from *size, the end of a file, over at most *wanted lines, which are taken off *wanted. Returns where the
 * first of them begins; *size becomes less where the file has. *is_last tells whether nothing newer has been seen yet: an unfinished
 * last line counts. */
int64_t logs_tail_offset(int fd, int64_t *size, int64_t *wanted, bool *is_last);

/* logs-follow.c */
struct logs_watch {
  int inotify_fd; /* -1: none to be had; looked at by the clock instead */
  int dir_fd;
};
void logs_watch_open(struct logs_watch *watch, int dir_fd);
/* Waits until something may have changed in the container's directory. */
void logs_watch_wait(struct logs_watch *watch);
/* Opens the file that follows, in the order of writing, the one that is open as fd. A descriptor, or -ENOENT when fd is the newest. */
int logs_next_file(int dir_fd, const char *name, int fd);

#endif
