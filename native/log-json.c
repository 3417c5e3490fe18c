/* JSON escaping at memory speed: eight bytes are copied and looked at together. */
/* The rest of the program is built to be small; every byte of output passes through here. */
#pragma GCC optimize("O2")
#include "log-json.h"
#include <string.h>

#define EACH(byte) (0x0101010101010101ull * (byte))
#define HIGH EACH(0x80)
#define LONGEST_ESCAPE 6

/* The high bit of each byte that is a control character, a quote or a backslash; exact up to and including the lowest one. */
static inline uint64_t special_bytes(uint64_t word)
{
  uint64_t control = (word - EACH(0x20)) & ~word;
  uint64_t quote = word ^ EACH('"');
  uint64_t backslash = word ^ EACH('\\');
  quote = (quote - EACH(1)) & ~quote;
  backslash = (backslash - EACH(1)) & ~backslash;
  return (control | quote | backslash) & HIGH;
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
    if (end - from >= 8 && limit - to >= 8) {
      uint64_t word;
      memcpy(&word, from, 8);
      memcpy(to, &word, 8);
      uint64_t special = special_bytes(word);
      size_t plain = special == 0 ? 8 : (size_t)__builtin_ctzll(special) / 8;
      from += plain;
      to += plain;
      if (special == 0) continue;
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
