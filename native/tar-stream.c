#define _GNU_SOURCE
#include "tar-stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int tar_stream_open(struct tar_stream *stream, int fd)
{
  *stream = (struct tar_stream){.fd = fd, .capacity = TAR_STREAM_BYTES};
  stream->buffer = malloc(TAR_STREAM_BYTES);
  if (stream->buffer == NULL)
    return -ENOMEM;
  (void)fcntl(fd, F_SETPIPE_SZ, TAR_STREAM_BYTES); /* fewer wake-ups; refused for anything but a pipe */
  return 0;
}

void tar_stream_open_memory(struct tar_stream *stream, unsigned char *bytes, size_t length)
{
  *stream = (struct tar_stream){.fd = -1, .buffer = bytes, .end = length, .capacity = length, .is_at_end = 1};
}

void tar_stream_close(struct tar_stream *stream)
{
  if (stream->fd >= 0)
    free(stream->buffer);
  stream->buffer = NULL;
}

int64_t tar_stream_fill(struct tar_stream *stream, size_t want)
{
  if (!stream->is_at_end && stream->start == stream->end)
    stream->start = stream->end = 0;
  if (!stream->is_at_end && stream->capacity - stream->start < want) {
    memmove(stream->buffer, stream->buffer + stream->start, stream->end - stream->start);
    stream->end -= stream->start;
    stream->start = 0;
  }
  while (stream->end - stream->start < want && !stream->is_at_end) {
    ssize_t count = read(stream->fd, stream->buffer + stream->end, stream->capacity - stream->end);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return -errno;
    if (count == 0)
      stream->is_at_end = 1;
    stream->end += (size_t)count;
    if (stream->start == stream->end)
      break;
  }
  return (int64_t)(stream->end - stream->start);
}
