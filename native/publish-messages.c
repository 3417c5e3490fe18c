/* Published SCTP ports. An association brings messages, each on one of its streams and with a word for the program (the payload protocol identifier); they
 * are passed on as they are. The program sees this relay's own address: the kernel has no way to bear another's for SCTP (IP_TRANSPARENT). */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "publish.h"

#include <linux/sctp.h> /* needs what those above declare */

#define PIECE_BYTES (64u << 10)
/* The kernel takes no message that is larger than a socket's buffer. */
#define MESSAGE_MAX (4u << 20)
#define MESSAGES_AT_ONCE 32
/* Of those towards a client, whose number is settled before the program's is known. */
#define CLIENT_STREAMS 256u

struct message {
  uint8_t *bytes;
  size_t length, room;
  bool is_whole;
  struct sctp_sndinfo info;
};

struct association;

struct side {
  struct publish_source source;
  struct association *association;
  int fd;
  struct message held; /* of what it said: not yet whole, or not yet taken by the other side */
  bool has_ended;      /* it says nothing more */
};

struct association {
  struct side sides[2]; /* the client, the container's program */
  bool is_connected, is_dead;
  unsigned attempt;
  uint16_t port, streams;
  struct sockaddr_storage peer;
  struct association *next; /* of those that are over */
};

enum outcome { DONE, WAITS, FAILED };

static struct association *over;

static bool is_later(void) {
  return errno == EAGAIN || errno == EINTR;
}

static void prepare(int fd, uint16_t streams) {
  int one = 1, room = MESSAGE_MAX;
  struct sctp_initmsg init = {.sinit_num_ostreams = streams, .sinit_max_instreams = UINT16_MAX};
  setsockopt(fd, IPPROTO_SCTP, SCTP_INITMSG, &init, sizeof init);
  setsockopt(fd, IPPROTO_SCTP, SCTP_NODELAY, &one, sizeof one);
  setsockopt(fd, IPPROTO_SCTP, SCTP_RECVRCVINFO, &one, sizeof one);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
}

void messages_prepare_listener(int fd) {
  prepare(fd, CLIENT_STREAMS);
}

/* Freed after the round: another event of it may be waiting. */
static void end(struct association *association, bool broken) {
  struct linger at_once = {.l_onoff = 1};
  for (int i = 0; i < 2; i++) {
    struct side *side = &association->sides[i];
    free(side->held.bytes);
    side->held = (struct message){0};
    if (side->fd < 0) continue;
    if (broken) setsockopt(side->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(side->fd);
    side->fd = -1;
  }
  association->is_dead = true;
  association->next = over;
  over = association;
}

void messages_forget_ended(void) {
  while (over) {
    struct association *next = over->next;
    free(over);
    over = next;
  }
}

/* A large message comes in pieces. */
static enum outcome take(struct side *side) {
  struct message *held = &side->held;
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(struct sctp_rcvinfo))];
  } control;
  if (held->room - held->length < PIECE_BYTES) {
    size_t room = held->room + held->room / 2 + PIECE_BYTES;
    uint8_t *bytes = room > MESSAGE_MAX + PIECE_BYTES ? NULL : realloc(held->bytes, room);
    if (!bytes) return FAILED;
    held->bytes = bytes;
    held->room = room;
  }
  struct iovec part = {held->bytes + held->length, PIECE_BYTES};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
  ssize_t got = recvmsg(side->fd, &message, MSG_DONTWAIT);
  if (got < 0) return is_later() ? WAITS : FAILED;
  if (got == 0) {
    side->has_ended = true;
    return WAITS;
  }
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  struct sctp_rcvinfo info = {0};
  if (header && header->cmsg_level == IPPROTO_SCTP && header->cmsg_type == SCTP_RCVINFO) memcpy(&info, CMSG_DATA(header), sizeof info);
  held->info = (struct sctp_sndinfo){.snd_sid = info.rcv_sid, .snd_flags = info.rcv_flags & SCTP_UNORDERED, .snd_ppid = info.rcv_ppid};
  held->length += (size_t)got;
  held->is_whole = message.msg_flags & MSG_EOR;
  return DONE;
}

static enum outcome give(struct message *held, int to) {
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof held->info)];
  } control = {0};
  struct iovec part = {held->bytes, held->length};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  *header = (struct cmsghdr){.cmsg_level = IPPROTO_SCTP, .cmsg_type = SCTP_SNDINFO, .cmsg_len = CMSG_LEN(sizeof held->info)};
  memcpy(CMSG_DATA(header), &held->info, sizeof held->info);
  /* EPIPE: the other side has ended, which is read from it; what it said before is still to be passed on. */
  if (sendmsg(to, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EPIPE) return is_later() ? WAITS : FAILED;
  free(held->bytes);
  *held = (struct message){0};
  return DONE;
}

/* Passes on what `from` says. Who has ended hears nothing more (SCTP has no half-closed state), but what the other side says is read until its own
 * end: to close a socket with something unread would break off what was sent before. */
static enum outcome move(struct side *from, struct side *to) {
  for (int i = 0; i < MESSAGES_AT_ONCE && !from->has_ended; i++) {
    enum outcome outcome = from->held.is_whole ? DONE : take(from);
    if (outcome == DONE && from->held.is_whole) {
      if (to->has_ended) free(from->held.bytes), from->held = (struct message){0};
      else outcome = give(&from->held, to->fd);
    }
    if (outcome != DONE) {
      if (outcome == FAILED || !from->has_ended) return outcome;
      shutdown(to->fd, SHUT_WR);
    }
  }
  return DONE;
}

/* That a side has ended is told again and again, so it is not asked any more. */
static bool watch(struct side *side, const struct side *other, int operation) {
  struct epoll_event event = {.data.ptr = side};
  if (side->has_ended) return epoll_ctl(publish_epoll, EPOLL_CTL_DEL, side->fd, NULL) == 0 || errno == ENOENT;
  if (!side->held.is_whole) event.events |= EPOLLIN;
  if (other->held.is_whole || !side->association->is_connected) event.events |= EPOLLOUT;
  return epoll_ctl(publish_epoll, operation, side->fd, &event) == 0;
}

static void connect_next(struct association *association) {
  struct side *side = &association->sides[1];
  if (side->fd >= 0) close(side->fd);
  side->fd = -1;
  while (side->fd < 0 && association->attempt < PUBLISH_ATTEMPTS) {
    struct sockaddr_storage target = publish_target(&association->peer, association->port, association->attempt++);
    int fd = socket(target.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_SCTP);
    if (fd < 0) continue;
    prepare(fd, association->streams);
    if (connect(fd, (struct sockaddr *)&target, publish_address_length(target.ss_family)) == 0 || errno == EINPROGRESS) side->fd = fd;
    else close(fd);
  }
  if (side->fd < 0 || !watch(side, &association->sides[0], EPOLL_CTL_ADD)) end(association, true);
}

static void go_on(struct association *association) {
  enum outcome outcomes[2];
  for (int i = 0; i < 2; i++) outcomes[i] = move(&association->sides[i], &association->sides[!i]);
  bool is_over = association->sides[0].has_ended && association->sides[1].has_ended;
  if (outcomes[0] == FAILED || outcomes[1] == FAILED || is_over) {
    end(association, !is_over);
    return;
  }
  for (int i = 0; i < 2; i++) watch(&association->sides[i], &association->sides[!i], EPOLL_CTL_MOD);
}

/* The client is not listened to before there is someone to tell. */
static void side_ready(struct publish_source *source, uint32_t events) {
  (void)events;
  struct association *association = ((struct side *)source)->association;
  if (association->is_dead) return;
  if (!association->is_connected) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(association->sides[1].fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      connect_next(association);
      return;
    }
    association->is_connected = true;
    if (!watch(&association->sides[0], &association->sides[1], EPOLL_CTL_ADD)) {
      end(association, true);
      return;
    }
  }
  go_on(association);
}

void messages_begin(int client, uint16_t port, const struct sockaddr_storage *peer) {
  struct association *association = calloc(1, sizeof *association);
  if (!association) {
    close(client);
    return;
  }
  struct sctp_status status = {0};
  socklen_t size = sizeof status;
  association->streams = getsockopt(client, IPPROTO_SCTP, SCTP_STATUS, &status, &size) == 0 && status.sstat_instrms > 0 ? status.sstat_instrms : 1;
  association->port = port;
  association->peer = *peer;
  for (int i = 0; i < 2; i++) association->sides[i] = (struct side){.source = {side_ready}, .association = association, .fd = i == 0 ? client : -1};
  connect_next(association);
}
