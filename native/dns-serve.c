/* The network's name server: queries come by datagram and by stream to the gateway's addresses, and from other networks' processes. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "netns.h"
#include "network.h"
#include "network-process.h"

#define DNS_PORT 53
#define QUERY_MAX 4096u
#define QUERIES_AT_ONCE 32
#define STREAM_ANSWER_MAX 16384u
#define STREAMS_MAX 512u
/* One member must not be able to take the others' places. */
#define STREAMS_EACH 24u

/* A connection of a member's, on which queries come one after the other. */
struct stream {
  struct source source;
  struct stream *next;
  size_t used;
  struct sockaddr_storage address;
  socklen_t address_length;
  uint8_t bytes[2 + QUERY_MAX];
};

static struct stream *streams;

/* Whether there is room for one more connection from here. */
static bool has_room(const struct sockaddr_storage *address) {
  uint32_t all = 0, own = 0;
  for (const struct stream *stream = streams; stream; stream = stream->next) all++, own += is_same_host(&stream->address, address);
  return all < STREAMS_MAX && own < STREAMS_EACH;
}

void asker_answer(const struct asker *asker, const uint8_t *packet, size_t length) {
  if (!asker->is_stream) {
    sendto(asker->fd, packet, length, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&asker->address, asker->address_length);
    return;
  }
  uint8_t prefix[2] = {(uint8_t)(length >> 8), (uint8_t)length};
  struct iovec parts[2] = {{prefix, 2}, {(void *)packet, length}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
  /* Who does not read his answers loses the connection. */
  if (sendmsg(asker->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)length + 2) shutdown(asker->fd, SHUT_RDWR);
}

static const struct member *member_of(const struct network *network, const struct asker *asker) {
  struct ip_prefix address = {.family = asker->address.ss_family};
  if (address.family == AF_INET) memcpy(address.bytes, &((const struct sockaddr_in *)&asker->address)->sin_addr, 4);
  else if (address.family == AF_INET6) memcpy(address.bytes, &((const struct sockaddr_in6 *)&asker->address)->sin6_addr, 16);
  else return NULL;
  return member_by_address(network, &address);
}

static void handle(struct network *network, const struct asker *asker, const uint8_t *query, size_t length) {
  static uint8_t answer[STREAM_ANSWER_MAX];
  struct dns_question question;
  int code = dns_read_question(query, length, &question);
  if (code < 0) return;
  if (code > 0) {
    asker_answer(asker, answer, dns_error_reply(answer, query, length, code));
    return;
  }
  size_t room = question.udp_bytes < DNS_UDP_LARGEST ? question.udp_bytes : DNS_UDP_LARGEST;
  size_t used = names_answer(network, query, &question, answer, asker->is_stream ? sizeof answer : room, network->turn++);
  if (used == 0 && asker->is_network) used = dns_error_reply(answer, query, length, DNS_REFUSED);
  if (used > 0) asker_answer(asker, answer, used);
  else forward_query(network, asker, member_of(network, asker), query, length);
}

static void datagram_ready(struct network *network, struct source *source) {
  uint8_t query[QUERY_MAX];
  for (int i = 0; i < QUERIES_AT_ONCE; i++) {
    struct asker asker = {.fd = source->fd, .address_length = sizeof asker.address};
    ssize_t length = recvfrom(source->fd, query, sizeof query, MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&asker.address, &asker.address_length);
    if (length < 0) return;
    asker.is_network = asker.address.ss_family == AF_UNIX;
    if (length <= (ssize_t)sizeof query) handle(network, &asker, query, (size_t)length);
  }
}

static void stream_close(struct network *network, struct stream *stream) {
  forward_forget(network, stream->source.fd);
  network_unwatch(network, &stream->source);
  close(stream->source.fd);
  struct stream **at = &streams;
  while (*at != stream) at = &(*at)->next;
  *at = stream->next;
  free(stream);
}

static void stream_ready(struct network *network, struct source *source) {
  struct stream *stream = (struct stream *)source;
  ssize_t got = recv(source->fd, stream->bytes + stream->used, sizeof stream->bytes - stream->used, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    stream_close(network, stream);
    return;
  }
  stream->used += (size_t)got;
  while (stream->used >= 2) {
    size_t length = (size_t)stream->bytes[0] << 8 | stream->bytes[1];
    if (length > QUERY_MAX) {
      stream_close(network, stream);
      return;
    }
    if (stream->used < length + 2) return;
    struct asker asker = {.fd = source->fd, .is_stream = true, .address = stream->address, .address_length = stream->address_length};
    handle(network, &asker, stream->bytes + 2, length);
    stream->used -= length + 2;
    memmove(stream->bytes, stream->bytes + length + 2, stream->used);
  }
}

static void stream_accept(struct network *network, struct source *source) {
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  int fd = accept4(source->fd, (struct sockaddr *)&address, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return;
  struct stream *stream = has_room(&address) ? calloc(1, sizeof *stream) : NULL;
  if (!stream) {
    close(fd);
    return;
  }
  stream->next = streams;
  streams = stream;
  stream->source = (struct source){.fd = fd, .ready = stream_ready};
  stream->address = address;
  stream->address_length = length;
  network_watch(network, &stream->source, EPOLLIN);
}

struct opening {
  const struct ip_prefix *address;
  int type;
};

static int open_listener(void *data) {
  const struct opening *opening = data;
  struct sockaddr_storage storage = {0};
  struct sockaddr_in *four = (struct sockaddr_in *)&storage;
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)&storage;
  int family = opening->address->family, one = 1;
  storage.ss_family = (sa_family_t)family;
  if (family == AF_INET) four->sin_port = htons(DNS_PORT), memcpy(&four->sin_addr, opening->address->bytes, 4);
  else six->sin6_port = htons(DNS_PORT), memcpy(&six->sin6_addr, opening->address->bytes, 16);
  int fd = socket(family, opening->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  bool failed = bind(fd, (struct sockaddr *)&storage, family == AF_INET ? sizeof *four : sizeof *six) < 0;
  if (!failed && opening->type == SOCK_STREAM) failed = listen(fd, STREAMS_MAX) < 0;
  if (!failed) return fd;
  int error = errno;
  close(fd);
  return -error;
}

static void add_listener(struct network *network, int fd, void (*ready)(struct network *, struct source *)) {
  struct listener *listener = &network->listeners[network->listener_count++];
  listener->source = (struct source){.fd = fd, .ready = ready};
  network_watch(network, &listener->source, EPOLLIN);
}

/* Where the processes of a member's other networks ask. */
static int listen_for_networks(struct network *network) {
  AUTO_CLOSE int dir_fd = open(network->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/" NETWORK_NAMES_SOCKET, dir_fd);
  unlinkat(dir_fd, NETWORK_NAMES_SOCKET, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0) return -errno;
  add_listener(network, fd, datagram_ready);
  return 0;
}

int dns_listen(struct network *network, const char **what) {
  *what = "the name server cannot listen";
  int result = listen_for_networks(network);
  for (uint32_t i = 0; i < network->config->gateway_count && result == 0 && network->config->has_dns; i++) {
    struct opening datagram = {&network->config->gateways[i], SOCK_DGRAM}, stream = {&network->config->gateways[i], SOCK_STREAM};
    int first = netns_call(network->namespace_fd, open_listener, &datagram), second = netns_call(network->namespace_fd, open_listener, &stream);
    if (first < 0 || second < 0) return first < 0 ? first : second;
    add_listener(network, first, datagram_ready);
    add_listener(network, second, stream_accept);
  }
  return result;
}
