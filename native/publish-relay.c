/* Two connections whose bytes are each other's. They go through a pipe (splice(2)), so that they are never copied here; a pipe belongs to a
 * direction only while there is something in it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "publish.h"

#define PIPE_BYTES (256u << 10)
#define SPARE_PIPES 16u
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
  bool is_over;          /* the sender has said all, and the receiver knows */
};

struct relay {
  struct end ends[2]; /* the client, the container's program */
  struct direction directions[2]; /* from ends[i] to the other */
  bool is_connected, is_waiting, is_dead;
  unsigned attempt;
  uint16_t port;
  const struct publish_targets *targets;
  struct sockaddr_storage peer;
  struct relay *next; /* of those that wait for their next turn */
};

static struct pipe_ends spare[SPARE_PIPES];
static unsigned spare_count;
static struct relay *waiting;

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

static enum outcome move(struct direction *direction, int from, int to) {
  for (int round = 0; round < ROUNDS && !direction->is_over; round++) {
    if (!pipe_take(direction)) {
      usleep(1000); /* no descriptors: others end meanwhile */
      return HAS_MORE;
    }
    if (direction->held > 0) {
      ssize_t sent = splice(direction->pipe.out, NULL, to, NULL, direction->held, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
      if (sent < 0 && !is_later()) return FAILED;
      if (sent > 0) direction->held -= (size_t)sent;
      if (direction->held > 0) return WAITS;
    }
    ssize_t got = splice(from, NULL, direction->pipe.in, NULL, PIPE_BYTES, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (got < 0 && !is_later()) return FAILED;
    if (got <= 0) pipe_give(direction);
    if (got < 0) return WAITS;
    direction->held = (size_t)got;
    if (got == 0) direction->is_over = true, shutdown(to, SHUT_WR);
  }
  return direction->is_over ? WAITS : HAS_MORE;
}

/* Whoever is left over learns that the other one broke off, not that all was said. */
static void relay_end(struct relay *relay, bool broken) {
  struct linger at_once = {.l_onoff = 1};
  for (int i = 0; i < 2; i++) {
    pipe_give(&relay->directions[i]);
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

static void go_on(struct relay *relay) {
  bool has_more = false;
  for (int i = 0; i < 2 && !relay->is_dead; i++) {
    enum outcome outcome = move(&relay->directions[i], relay->ends[i].fd, relay->ends[!i].fd);
    if (outcome == FAILED) relay_end(relay, true);
    has_more = has_more || outcome == HAS_MORE;
  }
  if (!relay->is_dead && relay->directions[0].is_over && relay->directions[1].is_over) relay_end(relay, false);
  /* One that is dead is freed at its turn: the round's other event may be its own, too. */
  if (relay->is_dead || has_more) wait_for_turn(relay);
}

static bool watch(struct end *end) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = end};
  return epoll_ctl(publish_epoll, EPOLL_CTL_ADD, end->fd, &event) == 0;
}

static void connect_next(struct relay *relay) {
  struct end *end = &relay->ends[1];
  if (end->fd >= 0) close(end->fd);
  end->fd = -1;
  while (end->fd < 0 && relay->attempt < PUBLISH_ATTEMPTS) end->fd = publish_connect(relay->targets, &relay->peer, relay->port, relay->attempt++);
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
  }
  if (relay->is_connected) go_on(relay);
}

void relay_begin(int client, const struct publish_targets *targets, uint16_t port, const struct sockaddr_storage *peer) {
  int one = 1;
  struct relay *relay = calloc(1, sizeof *relay);
  if (!relay) {
    close(client);
    return;
  }
  setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
  relay->targets = targets;
  relay->port = port;
  relay->peer = *peer;
  for (int i = 0; i < 2; i++) {
    relay->ends[i] = (struct end){{relay_ready}, relay, i == 0 ? client : -1};
    relay->directions[i].pipe = (struct pipe_ends){-1, -1};
  }
  if (watch(&relay->ends[0])) connect_next(relay);
  else relay_end(relay, true), wait_for_turn(relay);
}

bool relay_continue(void) {
  struct relay *turn = waiting;
  waiting = NULL;
  while (turn) {
    struct relay *relay = turn;
    turn = relay->next;
    relay->is_waiting = false;
    if (relay->is_dead) free(relay);
    else go_on(relay);
  }
  return waiting != NULL;
}
