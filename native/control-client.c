/* Reading the requests of clients. Whatever a client sends, the worst that happens is that this client is closed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "monitor.h"

/* Room for the answer to one request, the outcome of a probe, and an EXIT frame behind them. */
#define CLIENT_OUT_RESERVE (3 * FRAME_HEADER_BYTES + 16)
/* Stands for "not known to epoll": a closed socket would report its end for ever, whatever is asked for. */
#define CLIENT_UNWATCHED UINT32_MAX
/* So many frames of one client are read before somebody else has a turn. */
#define CLIENT_TURN 32

struct client *control_client_at(const struct monitor *monitor, uint32_t index)
{
  return &monitor->client_blocks[index / CLIENT_BLOCK][index % CLIENT_BLOCK];
}

/* The first free place; a block is made where all are taken. NULL: no room. */
static struct client *control_free_place(struct monitor *monitor)
{
  for (uint32_t i = 0; i < monitor->client_room; i++) {
    struct client *client = control_client_at(monitor, i);
    if (client->fd < 0) return client;
  }
  if (monitor->client_room == CLIENT_BLOCK * CLIENT_BLOCKS) return NULL;
  struct client *block = calloc(CLIENT_BLOCK, sizeof *block);
  if (block == NULL) return NULL;
  for (uint32_t i = 0; i < CLIENT_BLOCK; i++) block[i] = (struct client){.fd = -1, .place = (uint16_t)(monitor->client_room + i)};
  monitor->client_blocks[monitor->client_room / CLIENT_BLOCK] = block;
  monitor->client_room += CLIENT_BLOCK;
  return block;
}

bool control_has_room(struct monitor *monitor)
{
  return control_free_place(monitor) != NULL;
}

static uint32_t control_client_index(const struct client *client)
{
  return (uint32_t)client->generation << 16 | client->place;
}

struct client *control_client_add(struct monitor *monitor, int fd)
{
  struct client *client = control_free_place(monitor);
  if (client == NULL) return NULL;
  *client = (struct client){.fd = fd, .armed = EPOLLIN, .place = client->place, .generation = (uint16_t)(client->generation + 1)};
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  if (monitor_watch(monitor, fd, EPOLLIN, SOURCE_CLIENT, control_client_index(client)) == 0) return client;
  client->fd = -1;
  return NULL;
}

void control_client_close(struct monitor *monitor, struct client *client)
{
  if (client->fd < 0) return;
  monitor_unwatch(monitor, client->fd);
  close(client->fd);
  client->fd = -1;
  free(client->text);
  client->text = NULL;
  if (client->chunk_due) monitor->chunk.waiting--;
  client->chunk_due = false;
  if (client->has_sent_input && (monitor->settings.flags & MONITOR_STDIN_ONCE)) monitor_input_end(monitor);
  if (!monitor->listen_is_armed && monitor->listen_fd >= 0) {
    monitor_change(monitor, monitor->listen_fd, EPOLLIN, SOURCE_LISTEN, 0);
    monitor->listen_is_armed = true;
  }
}

void control_client_rearm(struct monitor *monitor, struct client *client)
{
  if (client->fd < 0) return;
  uint32_t events = 0;
  bool has_room = client->out_used + CLIENT_OUT_RESERVE <= CLIENT_OUT_BYTES;
  if (client->armed == CLIENT_UNWATCHED && client->awaits_input) return;
  if (has_room && !client->awaits_input && !client->is_leaving) events |= EPOLLIN;
  if (client->chunk_due || client->out_used > 0) events |= EPOLLOUT;
  if (events == client->armed) return;
  uint32_t index = control_client_index(client);
  if (client->armed == CLIENT_UNWATCHED) monitor_watch(monitor, client->fd, events, SOURCE_CLIENT, index);
  else monitor_change(monitor, client->fd, events, SOURCE_CLIENT, index);
  client->armed = events;
}

void control_clients_resume_input(struct monitor *monitor)
{
  for (uint32_t i = 0; i < monitor->client_room; i++) {
    struct client *client = control_client_at(monitor, i);
    if (client->fd < 0 || !client->awaits_input) continue;
    client->awaits_input = false;
    control_client_rearm(monitor, client);
  }
}

static void control_client_subscribe(struct monitor *monitor, struct client *client, uint32_t wanted)
{
  bool was_attached = (client->subscribed & ~SUBSCRIBE_EXIT) != 0;
  client->subscribed |= wanted;
  if (!was_attached && (wanted & ~SUBSCRIBE_EXIT) != 0) event_emit(&monitor->settings.events, monitor->dir_fd, "attach", "");
}

static void control_client_probe(struct monitor *monitor, struct client *client)
{
  /* A probe that began before the question may have looked at what was otherwise then. */
  client->awaits_health = monitor->health.probe > 0 ? HEALTH_WAIT_FOR_NEXT : HEALTH_WAIT_FOR_PROBE;
  int32_t result = monitor_health_probe(monitor);
  if (result < 0) control_send_health(monitor, result);
}

static void control_client_request(struct monitor *monitor, struct client *client)
{
  struct frame_header header = frame_get_header(client->header);
  const uint8_t *payload = client->payload;
  int32_t result = 0;
  switch (header.type) {
  case FRAME_STDIN_EOF:
    client->has_sent_input = false;
    if (monitor->settings.flags & MONITOR_STDIN_ONCE) monitor_input_end(monitor);
    return;
  case FRAME_RESIZE: monitor_resize(monitor, frame_u16(payload), frame_u16(payload + 2)); return;
  case FRAME_KEEP: monitor->is_kept = true; return;
  case FRAME_SUBSCRIBE: control_client_subscribe(monitor, client, frame_u32(payload) & SUBSCRIBE_ALL); return;
  case FRAME_PROBE: control_client_probe(monitor, client); return;
  case FRAME_SIGNAL: result = monitor_signal(monitor, frame_u32(payload)); break;
  case FRAME_STOP: result = monitor_stop(monitor, frame_u32(payload), frame_u32(payload + 4)); break;
  case FRAME_PAUSE: result = monitor_pause(monitor); break;
  case FRAME_UNPAUSE: result = monitor_unpause(monitor); break;
  case FRAME_RELOAD: result = monitor_reload(monitor); break;
  case FRAME_OFF: result = monitor_go_off(monitor); break;
  case FRAME_CONNECT:
    result = monitor_connect(monitor, client->text, header.length);
    client->text = NULL;
    break;
  case FRAME_DISCONNECT:
    result = monitor_disconnect(monitor, client->text);
    free(client->text);
    client->text = NULL;
    break;
  default: return;
  }
  control_send(monitor, client, FRAME_ACK, &result, sizeof result);
}

/* Reads the missing bytes of a header or a small payload. 1 all there, 0 more to come, -1 gone. */
static int control_client_fill(struct client *client, uint8_t *into, uint8_t *used, uint32_t want)
{
  if (*used >= want) return 1;
  ssize_t got = recv(client->fd, into + *used, want - *used, MSG_DONTWAIT);
  if (got == 0) return -1;
  if (got < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
  *used = (uint8_t)(*used + got);
  return *used >= want ? 1 : 0;
}

/* The same for a payload of any length, which gets a NUL behind it. */
static int control_client_fill_text(struct client *client, uint32_t want)
{
  if (client->text == NULL) client->text_used = 0;
  if (client->text == NULL && (client->text = calloc(1, want + 1)) == NULL) return -1;
  ssize_t got = recv(client->fd, client->text + client->text_used, want - client->text_used, MSG_DONTWAIT);
  if (got == 0) return -1;
  if (got < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
  client->text_used += (uint32_t)got;
  return client->text_used == want ? 1 : 0;
}

static int control_client_read_stdin(struct monitor *monitor, struct client *client)
{
  client->has_sent_input = true;
  while (client->payload_left > 0) {
    ssize_t got = monitor_input_take(monitor, client->fd, client->payload_left);
    if (got == -ENOBUFS) {
      client->awaits_input = true;
      return 0;
    }
    if (got == 0) return -1;
    if (got < 0) return got == -EAGAIN || got == -EINTR ? 0 : -1;
    client->payload_left -= (uint32_t)got;
  }
  return 1;
}

/* Reads one frame as far as it is there. 1 a whole one, 0 more to come, -1 the client is gone or broke the rules. */
static int control_client_read_frame(struct monitor *monitor, struct client *client)
{
  if (client->header_used < FRAME_HEADER_BYTES) {
    int result = control_client_fill(client, client->header, &client->header_used, FRAME_HEADER_BYTES);
    if (result <= 0) return result;
    struct frame_header header = frame_get_header(client->header);
    if (!frame_is_valid_request(header)) return -1;
    client->payload_left = header.length;
    client->payload_used = 0;
  }
  struct frame_header header = frame_get_header(client->header);
  int result = header.type == FRAME_STDIN ? control_client_read_stdin(monitor, client)
    : header.type == FRAME_CONNECT || header.type == FRAME_DISCONNECT ? control_client_fill_text(client, header.length)
                                          : control_client_fill(client, client->payload, &client->payload_used, header.length);
  if (result <= 0) return result;
  client->header_used = 0;
  control_client_request(monitor, client);
  return 1;
}

void control_client_read(struct monitor *monitor, struct client *client)
{
  for (int turn = 0; turn < CLIENT_TURN && client->fd >= 0; turn++) {
    if (client->out_used + CLIENT_OUT_RESERVE > CLIENT_OUT_BYTES || client->is_leaving) break;
    int result = control_client_read_frame(monitor, client);
    if (result < 0) {
      control_client_close(monitor, client);
      return;
    }
    if (result == 0) break;
  }
  control_client_rearm(monitor, client);
}

void control_client_event(struct monitor *monitor, uint32_t index, uint32_t events)
{
  struct client *client = control_client_at(monitor, index & 0xffff);
  if (client->fd < 0 || client->generation != index >> 16) return;
  if (events & EPOLLERR) {
    control_client_close(monitor, client);
    return;
  }
  if (events & EPOLLOUT) control_flush(monitor, client);
  if (client->fd < 0) return;
  if ((events & EPOLLIN) && !client->awaits_input) control_client_read(monitor, client);
  if (client->fd < 0 || !(events & EPOLLHUP) || (events & EPOLLIN)) return;
  if (!client->awaits_input) {
    control_client_close(monitor, client);
    return;
  }
  monitor_unwatch(monitor, client->fd); /* what it sent before it left is still to be read, later */
  client->armed = CLIENT_UNWATCHED;
}
