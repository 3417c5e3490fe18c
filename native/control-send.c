/* Sending to clients without ever waiting: what a socket does not take stays due, and the chunk's buffer stays untouched until it is taken. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include "monitor.h"

static void control_chunk_done(struct monitor *monitor, struct client *client)
{
  client->chunk_due = false;
  monitor->chunk.waiting--;
}

/* Sends what is left of two pieces. Returns what was sent, 0 when the socket is full, -1 when the client is gone. */
static ssize_t control_send_pieces(int fd, struct iovec *pieces, size_t count)
{
  struct msghdr message = {.msg_iov = pieces, .msg_iovlen = (int)count};
  for (;;) {
    ssize_t sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    if (errno == EAGAIN || errno == ENOBUFS) return 0;
    if (errno != EINTR) return -1;
  }
}

/* 1 everything sent, 0 the socket is full, -1 gone. */
static int control_flush_out(struct client *client)
{
  while (client->out_sent < client->out_used) {
    struct iovec piece = {client->out + client->out_sent, client->out_used - client->out_sent};
    ssize_t sent = control_send_pieces(client->fd, &piece, 1);
    if (sent <= 0) return (int)sent;
    client->out_sent += (uint32_t)sent;
    client->stalled_since = 0;
  }
  client->out_sent = client->out_used = 0;
  return 1;
}

static int control_flush_chunk(struct monitor *monitor, struct client *client)
{
  struct chunk *chunk = &monitor->chunk;
  uint32_t total = FRAME_HEADER_BYTES + chunk->length;
  while (client->chunk_sent < total) {
    struct iovec pieces[2];
    size_t count = 0;
    uint32_t skip = client->chunk_sent;
    if (skip < FRAME_HEADER_BYTES) {
      pieces[count++] = (struct iovec){chunk->header + skip, FRAME_HEADER_BYTES - skip};
      skip = FRAME_HEADER_BYTES;
    }
    skip -= FRAME_HEADER_BYTES;
    pieces[count++] = (struct iovec){(void *)(chunk->data + skip), chunk->length - skip};
    ssize_t sent = control_send_pieces(client->fd, pieces, count);
    if (sent <= 0) return (int)sent;
    client->chunk_sent += (uint32_t)sent;
    client->stalled_since = 0;
  }
  control_chunk_done(monitor, client);
  return 1;
}

void control_flush(struct monitor *monitor, struct client *client)
{
  if (client->fd < 0) return;
  /* A frame that has begun is finished before another one begins. */
  bool chunk_first = client->chunk_due && client->chunk_sent > 0;
  int result = chunk_first ? control_flush_chunk(monitor, client) : control_flush_out(client);
  if (result > 0 && chunk_first) result = control_flush_out(client);
  if (result > 0 && client->chunk_due) result = control_flush_chunk(monitor, client);
  if (result < 0 || (result > 0 && client->is_leaving)) {
    control_client_close(monitor, client);
    return;
  }
  if (result == 0 && client->stalled_since == 0) client->stalled_since = timestamp_monotonic_ms();
  if (result > 0) client->stalled_since = 0;
  control_client_rearm(monitor, client);
}

void control_send(struct monitor *monitor, struct client *client, enum frame_type type, const void *payload, uint32_t length)
{
  if (client->fd < 0) return;
  uint32_t size = FRAME_HEADER_BYTES + length;
  if (client->out_used + size > CLIENT_OUT_BYTES) { /* cannot happen: a client with little room left is not read from */
    control_client_close(monitor, client);
    return;
  }
  frame_put_header(client->out + client->out_used, type, length);
  memcpy(client->out + client->out_used + FRAME_HEADER_BYTES, payload, length);
  client->out_used += size;
  control_flush(monitor, client);
}

bool control_send_health(struct monitor *monitor, int32_t result)
{
  bool wants_next = false;
  for (uint32_t i = 0; i < monitor->client_room; i++) {
    struct client *client = control_client_at(monitor, i);
    if (client->fd < 0 || client->awaits_health == HEALTH_WAIT_NONE) continue;
    if (client->awaits_health == HEALTH_WAIT_FOR_NEXT && result >= 0) {
      client->awaits_health = HEALTH_WAIT_FOR_PROBE;
      wants_next = true;
      continue;
    }
    client->awaits_health = HEALTH_WAIT_NONE;
    control_send(monitor, client, FRAME_HEALTH, &result, sizeof result);
  }
  return wants_next;
}

void control_send_exit(struct monitor *monitor, uint32_t flags, bool is_last)
{
  uint8_t payload[8];
  frame_put_u32(payload, (uint32_t)monitor->state.exit_code);
  frame_put_u32(payload + 4, flags);
  for (uint32_t i = 0; i < monitor->client_room; i++) {
    struct client *client = control_client_at(monitor, i);
    if (client->fd < 0 || client->is_leaving || (client->subscribed == 0 && !is_last)) continue;
    /* With --rm the open connection is what tells the client that there is something left to remove. */
    client->is_leaving = (flags & EXIT_CLEANUP) == 0;
    control_send(monitor, client, FRAME_EXIT, payload, sizeof payload);
  }
}

void control_broadcast(struct monitor *monitor, enum log_stream stream, const uint8_t *data, uint32_t length)
{
  uint32_t wanted = stream == LOG_STDERR ? SUBSCRIBE_STDERR : SUBSCRIBE_STDOUT;
  struct chunk *chunk = &monitor->chunk;
  chunk->data = data;
  chunk->length = length;
  chunk->waiting = 0;
  frame_put_header(chunk->header, stream == LOG_STDERR ? FRAME_STDERR : FRAME_STDOUT, length);
  for (uint32_t i = 0; i < monitor->client_room; i++) {
    struct client *client = control_client_at(monitor, i);
    if (client->fd < 0 || client->is_leaving || (client->subscribed & wanted) == 0) continue;
    client->chunk_due = true;
    client->chunk_sent = 0;
    chunk->waiting++;
    control_flush(monitor, client);
  }
}

int64_t control_stalled_until(const struct monitor *monitor, const struct client *client)
{
  if (client->fd < 0 || client->stalled_since == 0) return 0;
  /* A command in the foreground, whose reader may be a pager: its output is not lost, unless somebody else waits for the end or another run is to come. */
  bool is_awaited = monitor->restart_is_cancelled || monitor->restart_is_forced || monitor->settings.restart_policy != RESTART_NO;
  return client->is_starter && !is_awaited ? 0 : client->stalled_since + CLIENT_PATIENCE_MS;
}

void control_forget_stalled(struct monitor *monitor)
{
  int64_t now = timestamp_monotonic_ms();
  for (uint32_t i = 0; i < monitor->client_room; i++) {
    struct client *client = control_client_at(monitor, i);
    int64_t end = control_stalled_until(monitor, client);
    if (end != 0 && now >= end) control_client_close(monitor, client);
  }
}

bool control_clients_are_idle(const struct monitor *monitor)
{
  for (uint32_t i = 0; i < monitor->client_room; i++) {
    const struct client *client = control_client_at(monitor, i);
    if (client->fd >= 0 && (client->chunk_due || client->out_used > 0)) return false;
  }
  return true;
}
