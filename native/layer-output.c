#define _GNU_SOURCE
#include "layer-output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "layer-base.h"

#define OUTPUT_BUFFER (1u << 20)

int layer_output_open(struct layer_output *output, int fd, const char *code)
{
  *output = (struct layer_output){.fd = fd, .code = code, .buffer = malloc(OUTPUT_BUFFER)};
  (void)fcntl(fd, F_SETPIPE_SZ, OUTPUT_BUFFER);
  return output->buffer == NULL ? -ENOMEM : 0;
}

void layer_output_close(struct layer_output *output)
{
  free(output->buffer);
  output->buffer = NULL;
}

int layer_output_flush(struct layer_output *output)
{
  int result = layer_write_all(output->fd, output->buffer, output->used);
  output->used = 0;
  return result < 0 ? layer_fail(-result, output->code, NULL, "cannot write the archive: %s", strerror(-result)) : 0;
}

unsigned char *layer_output_room(struct layer_output *output, uint64_t wanted, size_t *room)
{
  *room = OUTPUT_BUFFER - output->used;
  if (wanted < *room)
    *room = (size_t)wanted;
  return output->buffer + output->used;
}

int layer_output_filled(struct layer_output *output, size_t count)
{
  output->used += count;
  output->total += count;
  return output->used == OUTPUT_BUFFER ? layer_output_flush(output) : 0;
}

int layer_output_put(struct layer_output *output, const void *bytes, uint64_t length)
{
  const unsigned char *at = bytes;
  int result = 0;
  for (size_t piece; length > 0 && result == 0; length -= piece) {
    unsigned char *room = layer_output_room(output, length, &piece);
    if (at != NULL)
      memcpy(room, at, piece);
    else
      memset(room, 0, piece);
    at = at == NULL ? NULL : at + piece;
    result = layer_output_filled(output, piece);
  }
  return result;
}
