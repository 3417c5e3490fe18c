/* The key sequence that leaves a container running. */
#include <errno.h>
#include <string.h>
#include "attach.h"

/* One word of the text: a single character, or ctrl- and one of @ a-z [ \ ] ^ _. The byte, or -EINVAL. */
static int detach_key(const char *word, size_t length)
{
  if (length == 1) return (uint8_t)word[0];
  if (length != 6 || strncmp(word, "ctrl-", 5) != 0) return -EINVAL;
  char key = word[5];
  if (key >= 'a' && key <= 'z') return key - 'a' + 1;
  if (key >= '@' && key <= '_') return key - '@';
  return -EINVAL;
}

int detach_keys_parse(struct detach_keys *keys, const char *text)
{
  memset(keys, 0, sizeof *keys);
  while (*text != '\0') {
    size_t length = strcspn(text, ",");
    if (length == 0 && *text == ',') length = 1; /* the comma itself as a key */
    int key = detach_key(text, length);
    if (key < 0 || keys->count == DETACH_KEYS_MAX) return -EINVAL;
    keys->keys[keys->count++] = (uint8_t)key;
    text += length;
    if (*text == ',') text++;
  }
  return 0;
}

size_t detach_keys_filter(struct detach_keys *keys, const uint8_t *in, size_t length, uint8_t *out, bool *detach)
{
  size_t written = 0;
  *detach = false;
  for (size_t i = 0; i < length; i++) {
    if (keys->count > 0 && in[i] != keys->keys[keys->held] && keys->held > 0) {
      memcpy(out + written, keys->keys, keys->held);
      written += keys->held;
      keys->held = 0;
    }
    if (keys->count == 0 || in[i] != keys->keys[keys->held]) {
      out[written++] = in[i];
      continue;
    }
    if (++keys->held == keys->count) {
      *detach = true;
      return written;
    }
  }
  return written;
}
