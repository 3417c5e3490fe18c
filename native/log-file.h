/* The container's log: docker json-file records, rotated by size, through one fixed buffer. */
#ifndef CALA_LOG_FILE_H
#define CALA_LOG_FILE_H

#include <stddef.h>
#include <stdint.h>
#include "timestamp.h"

enum log_stream { LOG_STDOUT, LOG_STDERR };

/* Large, for the kernel writes large pieces with less work; what is not used of it is never touched. */
#define LOG_BUFFER_BYTES 262144u
/* A longer line becomes several records. */
#define LOG_RECORD_MAX 32768u
#define LOG_ATTRIBUTES_MAX 8192u

#define LOG_SUFFIX_MAX 128u

struct log_journal;

struct log_file {
  int fd;     /* -1: no log is kept */
  int dir_fd; /* borrowed */
  const char *name; /* borrowed; below dir_fd, or absolute */
  uint64_t size;      /* of the current file, whole records only */
  uint64_t max_bytes; /* 0: never rotated */
  uint32_t max_files;
  uint64_t lost_bytes; /* output of the container that could not be stored */
  int last_error;      /* positive errno of the newest failure */
  char time[TIMESTAMP_BYTES];
  const char *attributes;      /* borrowed, at most LOG_ATTRIBUTES_MAX: `,"attrs":{…}` of each record, or "" */
  size_t attributes_length;
  struct log_journal *journal; /* borrowed; NULL: a file is kept */
  size_t used;     /* bytes in the buffer: whole records */
  size_t used_raw; /* bytes of container output they stand for */
  size_t suffix_length; /* 0: longer than is kept */
  uint8_t suffix[2][LOG_SUFFIX_MAX]; /* of the records of each stream, with the present time */
  uint8_t *buffer;
};

/* Opens (appends to) the log called name in a directory. The name is below the directory, or absolute; an empty one keeps no log. The buffer has LOG_BUFFER_BYTES. */
int log_file_open(struct log_file *log, int dir_fd, const char *name, uint8_t *buffer);

/* What each record says beside its text: a longer one is left out. */
void log_file_set_attributes(struct log_file *log, const char *attributes);

/* Takes the time that the next records carry. */
void log_file_set_time(struct log_file *log);

/* What is left to the caller at the end of the data, because its continuation is at hand. */
enum log_rest {
  LOG_REST_NONE,
  LOG_REST_CHARACTER, /* the first bytes of a UTF-8 sequence */
  LOG_REST_LINE,      /* an unfinished line */
};

/* Adds output of one stream, a record per line; an unfinished line that is not left becomes a partial record. Returns how many
 * bytes were taken. Never fails: what cannot be stored is counted. */
size_t log_file_append(struct log_file *log, enum log_stream stream, const uint8_t *data, size_t length, enum log_rest rest);

/* How much of a text that ends for want of room may be kept so that no UTF-8 sequence is torn. */
size_t log_whole_characters(const uint8_t *data, size_t length);

/* Writes the buffer out. */
void log_file_flush(struct log_file *log);

#endif
