/* One docker json-file record: {"log":"text\n","stream":"stdout","time":"…Z"} and a newline. */
#ifndef CALA_LOG_JSON_H
#define CALA_LOG_JSON_H

#include <stddef.h>
#include <stdint.h>

enum log_json_end {
  LOG_JSON_NEWLINE, /* stopped behind a newline: the line is complete */
  LOG_JSON_INPUT,   /* the input ran out */
  LOG_JSON_ROOM,    /* the output is full */
};

struct log_json_result {
  size_t read;
  size_t written;
  enum log_json_end end;
};

/* Escapes bytes for a JSON string up to and including the first newline. Bytes from 0x80 stay as they are, valid UTF-8 or
 * not, so that a reader gets the container's very bytes back. */
struct log_json_result log_json_escape(uint8_t *out, size_t room, const uint8_t *in, size_t length);

/* What stands around the text of a record. */
struct log_json_frame {
  uint8_t before[8];
  const uint8_t *after; /* behind the newline */
  size_t after_length;
  size_t record_max; /* bytes of a whole record */
};

/* Makes records of the lines at the front of the input. It stops before a line that has no end, whose record may have no room, or that ends
 * within the last few bytes of the input: what is read and written tells how far it came, which may be nowhere. */
struct log_json_result log_json_lines(uint8_t *out, size_t room, const uint8_t *in, size_t length, const struct log_json_frame *frame);

#endif
