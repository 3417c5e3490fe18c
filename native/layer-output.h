/* A tar on its way out: gathered, and written in large pieces. */
#ifndef CALA_LAYER_OUTPUT_H
#define CALA_LAYER_OUTPUT_H

#include <stdint.h>
#include <stddef.h>

struct layer_output {
  int fd;
  const char *code; /* of the failure to write, for layer_fail */
  unsigned char *buffer;
  size_t used;
  uint64_t total; /* bytes put so far */
};

/* 0 or -ENOMEM; a pipe is made as large as the buffer. */
int layer_output_open(struct layer_output *output, int fd, const char *code);
void layer_output_close(struct layer_output *output);

/* bytes NULL: zeros. 0 or -errno with layer_fail, as all below. */
int layer_output_put(struct layer_output *output, const void *bytes, uint64_t length);
/* Room for at most `wanted` bytes, one at least, to be filled by the caller, who tells how many it has put there. */
unsigned char *layer_output_room(struct layer_output *output, uint64_t wanted, size_t *room);
int layer_output_filled(struct layer_output *output, size_t count);
int layer_output_flush(struct layer_output *output);

#endif
