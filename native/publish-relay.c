/* Two connections whose bytes are each other's. A few are read and written; many go through a pipe (splice(2)), so that they are never copied here.
 * A pipe belongs to a direction only while there is something in it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "publish.h"

#define PIPE_BYTES (256u << 10)
/* A pipe's size is counted in pages, and each of its places holds a piece of what came, which is larger: asked for more, it takes more at once. */
#define BULK_BYTES (1u << 20)
#define SPARE_PIPES 16u
#define FEW_BYTES (32u << 10)
/* So often one connection may go on while others wait. */
#define ROUNDS 16

struct pipe_ends {
  int out, in;
};

struct relay;

struct end {
  struct publish_source source;
  struct relay *relay;
  int fd;
};

struct direction {
  struct pipe_ends pipe; /* -1: none */
  size_t held;           /* bytes in it */
  uint8_t *rest;         /* of a few bytes, for which there was no room; NULL: nothing */
  size_t rest_start, rest_end;
  bool is_bulk;          /* there is more than a few */
  bool is_over;          /* the sender has said all, and the receiver knows */
};

struct relay {
  struct end ends[2]; /* the client, the container's program */
  struct direction directions[2]; /* from ends[i] to the other */
  bool is_connected, is_waiting, is_dead;
  unsigned attempt;
  uint16_t port;
  struct sockaddr_storage peer;
  struct relay *next; /* of those that wait for their next turn */
};

static struct pipe_ends spare[SPARE_PIPES];
static unsigned spare_count;
static struct relay *waiting;
static uint8_t few[FEW_BYTES];
static bool was_bulk;

static bool pipe_take(struct direction *direction) {
  int fds[2];
  if (direction->pipe.out >= 0) return true;
  if (spare_count > 0) {
    direction->pipe = spare[--spare_count];
    return true;
  }
  if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0) return false;
  fcntl(fds[1], F_SETPIPE_SZ, PIPE_BYTES); /* a user may have only so many large ones */
  direction->pipe = (struct pipe_ends){fds[0], fds[1]};
  return true;
}

/* An empty one is kept for others; what is left in another is nobody's any more. */
static void pipe_give(struct direction *direction) {
  if (direction->pipe.out < 0) return;
  if (direction->held == 0 && spare_count < SPARE_PIPES) {
    spare[spare_count++] = direction->pipe;
  } else {
    close(direction->pipe.out);
    close(direction->pipe.in);
  }
  direction->pipe = (struct pipe_ends){-1, -1};
  direction->held = 0;
}

enum outcome { WAITS, HAS_MORE, FAILED };

static bool is_later(void) {
  return errno == EAGAIN || errno == EINTR;
}

/* Everything that was taken from the sender and not given to the receiver yet. WAITS: some of it is left; HAS_MORE: nothing is. */
static enum outcome give(struct direction *direction, int to) {
  if (direction->rest) {
    ssize_t sent = send(to, direction->rest + direction->rest_start, direction->rest_end - direction->rest_start, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) return is_later() ? WAITS : FAILED;
    direction->rest_start += (size_t)sent;
    if (direction->rest_start < direction->rest_end) return WAITS;
    free(direction->rest);
    direction->rest = NULL;
  }
  if (direction->held == 0) return HAS_MORE;
  ssize_t sent = splice(direction->pipe.out, NULL, to, NULL, direction->held, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (sent < 0) return is_later() ? WAITS : FAILED;
  direction->held -= (size_t)sent;
  return direction->held > 0 ? WAITS : HAS_MORE;
}

static enum outcome say_end(struct direction *direction, int to) {
  direction->is_over = true;
  shutdown(to, SHUT_WR);
  return WAITS;
}

/* Less than there was room for is all that there was: what comes later is another event, unless the end has come already. */
static enum outcome take_few(struct direction *direction, int from, int to, bool has_ended) {
  ssize_t got = recv(from, few, sizeof few, MSG_DONTWAIT);
  if (got < 0) return is_later() ? WAITS : FAILED;
  if (got == 0) return say_end(direction, to);
  direction->is_bulk = got == sizeof few;
  ssize_t sent = send(to, few, (size_t)got, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && !is_later()) return FAILED;
  if (sent < 0) sent = 0;
  if (sent == got) return direction->is_bulk || has_ended ? HAS_MORE : WAITS;
  direction->rest = malloc((size_t)(got - sent));
  if (!direction->rest) return FAILED;
  memcpy(direction->rest, few + sent, (size_t)(got - sent));
  direction->rest_start = 0;
  direction->rest_end = (size_t)(got - sent);
  return WAITS;
}

static enum outcome take_many(struct direction *direction, int from, int to) {
  if (!pipe_take(direction)) {
    usleep(1000); /* no descriptors: others end meanwhile */
    return HAS_MORE;
  }
  ssize_t got = splice(from, NULL, direction->pipe.in, NULL, BULK_BYTES, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (got > 0) {
    was_bulk = true;
    direction->held = (size_t)got;
    return HAS_MORE;
  }
  bool is_drained = got < 0 && is_later();
  pipe_give(direction);
  direction->is_bulk = false;
  if (got == 0) return say_end(direction, to);
  return is_drained ? WAITS : FAILED;
}

static enum outcome move(struct direction *direction, int from, int to, bool has_ended) {
  enum outcome outcome = HAS_MORE;
  for (int round = 0; round < ROUNDS && outcome == HAS_MORE && !direction->is_over; round++) {
    outcome = give(direction, to);
    if (outcome == HAS_MORE) outcome = direction->is_bulk ? take_many(direction, from, to) : take_few(direction, from, to, has_ended);
  }
  return direction->is_over ? WAITS : outcome;
}

/* Whoever is left over learns that the other one broke off, not that all was said. */
static void relay_end(struct relay *relay, bool broken) {
  struct linger at_once = {.l_onoff = 1};
  for (int i = 0; i < 2; i++) {
    pipe_give(&relay->directions[i]);
    free(relay->directions[i].rest);
    relay->directions[i].rest = NULL;
    if (relay->ends[i].fd < 0) continue;
    if (broken) setsockopt(relay->ends[i].fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(relay->ends[i].fd);
    relay->ends[i].fd = -1;
  }
  relay->is_dead = true;
}

static void wait_for_turn(struct relay *relay) {
  if (relay->is_waiting) return;
  relay->is_waiting = true;
  relay->next = waiting;
  waiting = relay;
}

/* `wanted`: the directions that may have something to do, by bit. `has_ended`: nothing more will be heard of some end. */
static void go_on(struct relay *relay, unsigned wanted, bool has_ended) {
  bool has_more = false;
  for (unsigned i = 0; i < 2 && !relay->is_dead; i++) {
    if (!(wanted & 1u << i)) continue;
    enum outcome outcome = move(&relay->directions[i], relay->ends[i].fd, relay->ends[!i].fd, has_ended);
    if (outcome == FAILED) relay_end(relay, true);
    has_more = has_more || outcome == HAS_MORE;
  }
  if (!relay->is_dead && relay->directions[0].is_over && relay->directions[1].is_over) relay_end(relay, false);
  /* One that is dead is freed at its turn: the round's other event may be its own, too. */
  if (relay->is_dead || has_more) wait_for_turn(relay);
}

static bool is_blocked(const struct direction *direction) {
  return direction->rest || direction->held > 0;
}

/* A direction that could not go on reads to the end then: events of its sender may have come meanwhile. */
static void go_on_after(struct relay *relay, unsigned index, uint32_t events) {
  bool has_ended = events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);
  unsigned wanted = events & EPOLLIN || has_ended ? 1u << index : 0;
  if (is_blocked(&relay->directions[!index])) wanted |= 1u << !index, has_ended = true;
  if (wanted) go_on(relay, wanted, has_ended);
}

static bool watch(struct end *end) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = end};
  return epoll_ctl(publish_epoll, EPOLL_CTL_ADD, end->fd, &event) == 0;
}

static void connect_next(struct relay *relay) {
  struct end *end = &relay->ends[1];
  if (end->fd >= 0) close(end->fd);
  end->fd = -1;
  while (end->fd < 0 && relay->attempt < PUBLISH_ATTEMPTS) end->fd = publish_connect(&relay->peer, relay->port, relay->attempt++);
  if (end->fd >= 0 && watch(end)) return;
  relay_end(relay, true);
  wait_for_turn(relay);
}

static void relay_ready(struct publish_source *source, uint32_t events) {
  struct end *end = (struct end *)source;
  struct relay *relay = end->relay;
  if (relay->is_dead) return;
  if (!relay->is_connected && end == &relay->ends[1] && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(end->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      connect_next(relay);
      return;
    }
    relay->is_connected = true;
    go_on(relay, 3, true);
    return;
  }
  if (relay->is_connected) go_on_after(relay, end == &relay->ends[1], events);
}

void relay_begin(int client, uint16_t port, const struct sockaddr_storage *peer) {
  int one = 1;
  struct relay *relay = calloc(1, sizeof *relay);
  if (!relay) {
    close(client);
    return;
  }
  setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
  relay->port = port;
  relay->peer = *peer;
  for (int i = 0; i < 2; i++) {
    relay->ends[i] = (struct end){{relay_ready}, relay, i == 0 ? client : -1};
    relay->directions[i].pipe = (struct pipe_ends){-1, -1};
  }
  if (watch(&relay->ends[0])) connect_next(relay);
  else relay_end(relay, true), wait_for_turn(relay);
}

bool relay_was_bulk(void) {
  bool result = was_bulk;
  was_bulk = false;
  return result;
}

bool relay_continue(void) {
  struct relay *turn = waiting;
  waiting = NULL;
  while (turn) {
    struct relay *relay = turn;
    turn = relay->next;
    relay->is_waiting = false;
    if (relay->is_dead) free(relay);
    else go_on(relay, 3, true);
  }
  return waiting != NULL;
}
