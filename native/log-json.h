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

#endif
