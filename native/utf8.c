/* See utf8.h. */
#include "utf8.h"

size_t utf8_length(const unsigned char *text)
{
  if (text[0] < 0x80)
    return 1;
  size_t length = text[0] >= 0xf0 && text[0] <= 0xf4 ? 4 : text[0] >= 0xe0 ? 3 : 2;
  if (text[0] < 0xc2 || text[0] > 0xf4)
    return 0;
  for (size_t i = 1; i < length; i++)
    if ((text[i] & 0xc0) != 0x80)
      return 0;
  if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) || (text[0] == 0xf0 && text[1] < 0x90) ||
      (text[0] == 0xf4 && text[1] > 0x8f))
    return 0;
  return length;
}

bool utf8_is_valid(const char *text, size_t length)
{
  size_t at = 0;
  for (size_t step = 1; at < length && step > 0; at += step) step = utf8_length((const unsigned char *)text + at);
  return at == length;
}
