/* JSON escaping at memory speed: sixteen bytes are copied and looked at together. */
/* The rest of the program is built to be small; every byte of output passes through here. */
#pragma GCC optimize("O2")
#include "log-json.h"
#include <string.h>

#define LONGEST_ESCAPE 6

typedef uint8_t bytes16 __attribute__((vector_size(16)));

/* Copies sixteen bytes and returns how many of them stand before the first control character, quote or backslash: sixteen where there is none. */
static inline size_t copy_plain(uint8_t *to, const uint8_t *from)
{
  bytes16 bytes;
  memcpy(&bytes, from, sizeof bytes);
  memcpy(to, &bytes, sizeof bytes);
  bytes16 special = (bytes16)(bytes < 0x20) | (bytes16)(bytes == '"') | (bytes16)(bytes == '\\');
  uint64_t halves[2];
  memcpy(halves, &special, sizeof halves);
  if ((halves[0] | halves[1]) == 0) return sizeof bytes;
  return halves[0] != 0 ? (size_t)__builtin_ctzll(halves[0]) / 8 : 8 + (size_t)__builtin_ctzll(halves[1]) / 8;
}

static inline int is_special(uint8_t byte)
{
  return byte < 0x20 || byte == '"' || byte == '\\';
}

static size_t put_escape(uint8_t *out, uint8_t byte)
{
  static const char digits[] = "0123456789abcdef";
  const char *found = byte == 0 ? NULL : strchr("\nn\rr\tt\"\"\\\\\bb\ff", byte);
  out[0] = '\\';
  if (found != NULL) {
    out[1] = (uint8_t)found[1];
    return 2;
  }
  memcpy(out + 1, "u00", 3);
  out[4] = (uint8_t)digits[byte >> 4];
  out[5] = (uint8_t)digits[byte & 15];
  return LONGEST_ESCAPE;
}

struct log_json_result log_json_escape(uint8_t *out, size_t room, const uint8_t *in, size_t length)
{
  const uint8_t *from = in, *end = in + length;
  uint8_t *to = out, *limit = out + room;
  enum log_json_end reason = LOG_JSON_INPUT;
  while (from < end) {
    if (end - from >= 16 && limit - to >= 16) {
      size_t plain = copy_plain(to, from);
      from += plain;
      to += plain;
      if (plain == 16) continue;
    }
    if (limit - to < LONGEST_ESCAPE) {
      reason = LOG_JSON_ROOM;
      break;
    }
    uint8_t byte = *from++;
    if (!is_special(byte)) {
      *to++ = byte;
      continue;
    }
    to += put_escape(to, byte);
    if (byte == '\n') {
      reason = LOG_JSON_NEWLINE;
      break;
    }
  }
  return (struct log_json_result){.read = (size_t)(from - in), .written = (size_t)(to - out), .end = reason};
}

/* One line, from its first byte to its newline, as a record. Returns where the record ends, NULL when the line has no end or the record no room. */
static inline uint8_t *put_line(uint8_t *to, const uint8_t *limit, const uint8_t **line, const uint8_t *end, const struct log_json_frame *frame)
{
  const uint8_t *from = *line;
  limit -= frame->after_length;
  memcpy(to, frame->before, sizeof frame->before);
  to += sizeof frame->before;
  for (;;) {
    if (end - from < 16 || limit - to < 16 + LONGEST_ESCAPE) return NULL;
    size_t plain = copy_plain(to, from);
    from += plain;
    to += plain;
    if (plain == 16) continue;
    if (*from == '\n') break;
    to += put_escape(to, *from++);
  }
  memcpy(to, "\\n", 2);
  memcpy(to + 2, frame->after, frame->after_length);
  *line = from + 1;
  return to + 2 + frame->after_length;
}

struct log_json_result log_json_lines(uint8_t *out, size_t room, const uint8_t *in, size_t length, const struct log_json_frame *frame)
{
  const uint8_t *from = in, *end = in + length;
  uint8_t *to = out;
  while (from < end) {
    size_t left = room - (size_t)(to - out);
    if (left < sizeof frame->before + frame->after_length) break;
    uint8_t *next = put_line(to, to + (left < frame->record_max ? left : frame->record_max), &from, end, frame);
    if (next == NULL) break;
    to = next;
  }
  return (struct log_json_result){.read = (size_t)(from - in), .written = (size_t)(to - out), .end = LOG_JSON_NEWLINE};
}
