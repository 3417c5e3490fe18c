/* The sockets on which a query is sent on: a datagram, or a connection where the asker has one, too. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "dns-forward.h"
#include "network-process.h"

#define DNS_PORT 53
#define RESOLVER_MAX 16384

void servers_read(const char *path, struct servers *out) {
  char text[RESOLVER_MAX];
  *out = (struct servers){0};
  AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (length < 0) return;
  text[length] = 0;
  char *rest = text;
  for (char *line; (line = strsep(&rest, "\n"));) {
    char *words = line, *word = strtok_r(words, " \t", &words), *address = word ? strtok_r(NULL, " \t", &words) : NULL;
    if (!address || strcmp(word, "nameserver") != 0) continue;
    address[strcspn(address, "%")] = 0;
    servers_add(out, address);
  }
}

void attempt_close(struct network *network, struct attempt *attempt) {
  if (attempt->source.fd >= 0) {
    network_unwatch(network, &attempt->source);
    close(attempt->source.fd);
  }
  attempt->source.fd = -1;
  free(attempt->stream);
  attempt->stream = NULL;
}

/* The query under a number of its own. */
static ssize_t send_query(struct attempt *attempt, bool with_length) {
  struct forward *forward = attempt->forward;
  uint8_t prefix[2] = {(uint8_t)(forward->query_length >> 8), (uint8_t)forward->query_length};
  struct iovec parts[3] = {{prefix, 2}, {attempt->id, 2}, {forward->query + 2, forward->query_length - 2}};
  struct msghdr message = {.msg_iov = with_length ? parts : parts + 1, .msg_iovlen = with_length ? 3 : 2};
  attempt->is_sent = true;
  return sendmsg(attempt->source.fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void datagram_ready(struct network *network, struct source *source) {
  static uint8_t packet[DNS_PACKET_MAX];
  struct attempt *attempt = (struct attempt *)source;
  ssize_t length = recv(source->fd, packet, sizeof packet, MSG_DONTWAIT);
  if (length >= 0) attempt_answered(network, attempt, packet, (size_t)length);
  else if (errno != EAGAIN && errno != EINTR) attempt_failed(network, attempt);
}

static void stream_ready(struct network *network, struct source *source) {
  struct attempt *attempt = (struct attempt *)source;
  if (!attempt->is_sent) {
    if (send_query(attempt, true) < 0) {
      attempt_failed(network, attempt);
      return;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = source};
    epoll_ctl(network->epoll_fd, EPOLL_CTL_MOD, source->fd, &event);
    return;
  }
  if (!attempt->stream) attempt->stream = malloc(DNS_PACKET_MAX + 2);
  ssize_t got = attempt->stream ? recv(source->fd, attempt->stream + attempt->stream_used, DNS_PACKET_MAX + 2 - attempt->stream_used, MSG_DONTWAIT) : 0;
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    attempt_failed(network, attempt);
    return;
  }
  attempt->stream_used += (size_t)got;
  if (attempt->stream_used < 2) return;
  size_t length = (size_t)attempt->stream[0] << 8 | attempt->stream[1];
  if (attempt->stream_used >= length + 2) attempt_answered(network, attempt, attempt->stream + 2, length);
}

static int begin(struct attempt *attempt, int fd) {
  attempt->stream_used = 0;
  attempt->is_sent = false;
  attempt->source.fd = fd;
  return fd < 0 || getrandom(attempt->id, sizeof attempt->id, 0) != sizeof attempt->id ? -EIO : 0;
}

int attempt_server(struct network *network, struct attempt *attempt, const struct ip_prefix *server) {
  struct sockaddr_storage storage = {.ss_family = (sa_family_t)server->family};
  struct sockaddr_in *four = (struct sockaddr_in *)&storage;
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)&storage;
  if (server->family == AF_INET) four->sin_port = htons(DNS_PORT), memcpy(&four->sin_addr, server->bytes, 4);
  else six->sin6_port = htons(DNS_PORT), memcpy(&six->sin6_addr, server->bytes, 16);
  bool is_stream = attempt->forward->asker.is_stream;
  int result = begin(attempt, socket(server->family, (is_stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (result == 0 && connect(attempt->source.fd, (struct sockaddr *)&storage, server->family == AF_INET ? sizeof *four : sizeof *six) < 0 && errno != EINPROGRESS) result = -errno;
  if (result == 0 && !is_stream && send_query(attempt, false) < 0) result = -errno;
  attempt->source.ready = is_stream ? stream_ready : datagram_ready;
  if (result == 0) {
    network_watch(network, &attempt->source, is_stream ? EPOLLOUT : EPOLLIN);
    return 0;
  }
  if (attempt->source.fd >= 0) close(attempt->source.fd);
  attempt->source.fd = -1;
  return result;
}

int attempt_peer(struct network *network, struct attempt *attempt, const char *dir) {
  struct sockaddr_un address = {.sun_family = AF_UNIX}, own = {.sun_family = AF_UNIX};
  AUTO_CLOSE int dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (dir_fd < 0) return -errno;
  snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/" NETWORK_NAMES_SOCKET, dir_fd);
  int result = begin(attempt, socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  /* Without a name of its own nobody could answer it. */
  if (result == 0 && bind(attempt->source.fd, (struct sockaddr *)&own, sizeof own.sun_family) < 0) result = -errno;
  if (result == 0 && connect(attempt->source.fd, (struct sockaddr *)&address, sizeof address) < 0) result = -errno;
  if (result == 0 && send_query(attempt, false) < 0) result = -errno;
  attempt->source.ready = datagram_ready;
  if (result == 0) network_watch(network, &attempt->source, EPOLLIN);
  else if (attempt->source.fd >= 0) close(attempt->source.fd);
  if (result < 0) attempt->source.fd = -1;
  return result;
}
