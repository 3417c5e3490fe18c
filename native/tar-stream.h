/* A buffered byte stream read from a descriptor; memory stays at one buffer whatever the stream's size. */
#ifndef CALA_TAR_STREAM_H
#define CALA_TAR_STREAM_H

#include <stdint.h>
#include <stddef.h>

struct tar_stream {
  int fd; /* -1: the bytes are all in memory already */
  unsigned char *buffer;
  size_t start, end, capacity;
  uint64_t offset; /* of the next byte, from the beginning */
  int is_at_end;
};

#define TAR_STREAM_BYTES (1u << 20)

int tar_stream_open(struct tar_stream *stream, int fd);
void tar_stream_open_memory(struct tar_stream *stream, unsigned char *bytes, size_t length);
void tar_stream_close(struct tar_stream *stream);

/* Makes at least want bytes visible (want ≤ TAR_STREAM_BYTES). Returns how many are there (fewer only at the end) or -errno. */
int64_t tar_stream_fill(struct tar_stream *stream, size_t want);
/* The visible bytes. */
static inline const unsigned char *tar_stream_peek(const struct tar_stream *stream) { return stream->buffer + stream->start; }
static inline void tar_stream_consume(struct tar_stream *stream, size_t length)
{
  stream->start += length;
  stream->offset += length;
}

#endif
