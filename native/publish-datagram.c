/* Published UDP ports. Each client has a socket in the container's network namespace that bears its address, for all the ports that it talks to; what the
 * program answers finds that socket, because packets from a published port to a client find the client's address on the loopback interface. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "links.h"
#include "publish.h"
#include "timestamp.h"

#define DATAGRAM_MAX 65535u
#define DATAGRAMS_AT_ONCE 64
#define CLIENTS_MAX 4096u
#define CLIENTS_HASHED 1024u
/* As long as routers wait for the other side of a talk that went both ways (RFC 4787, REQ-5). */
#define IDLE_MS 120000
#define SWEEP_MS 10000
#define PATHS 4u

struct listener {
  struct publish_source source;
  int fd;
  uint16_t port; /* the container's */
};

/* By which of the host's sockets and addresses a client came, so that answers leave the same way. */
struct path {
  struct listener *listener;
  union {
    struct in_pktinfo four;
    struct in6_pktinfo six;
  } local;
};

struct client {
  struct publish_source source;
  int fd;
  struct sockaddr_storage address;
  bool is_routed;
  int64_t used_at;
  struct path paths[PATHS];
  unsigned next_path;
  struct client *next;
};

static struct client *clients[CLIENTS_HASHED], *ended;
static unsigned client_count;
static int64_t sweep_at;
static uint8_t datagram[DATAGRAM_MAX];

static unsigned hash_of(const struct sockaddr_storage *address) {
  uint32_t hash = 2166136261u;
  const uint8_t *bytes = (const uint8_t *)address;
  size_t length = address->ss_family == AF_INET ? 8 : sizeof(struct sockaddr_in6);
  for (size_t i = 2; i < length; i++) hash = (hash ^ bytes[i]) * 16777619u;
  return hash % CLIENTS_HASHED;
}

static struct client *find(const struct sockaddr_storage *address) {
  for (struct client *client = clients[hash_of(address)]; client; client = client->next)
    if (is_same_host(&client->address, address) && publish_port(&client->address) == publish_port(address)) return client;
  return NULL;
}

/* The route to a host stays while one of its clients does. */
static bool has_other(const struct client *gone) {
  for (unsigned i = 0; i < CLIENTS_HASHED; i++)
    for (const struct client *client = clients[i]; client; client = client->next)
      if (client->is_routed && is_same_host(&client->address, &gone->address)) return true;
  return false;
}

static void client_end(struct client *client) {
  struct client **at = &clients[hash_of(&client->address)];
  while (*at != client) at = &(*at)->next;
  *at = client->next;
  client_count--;
  if (client->is_routed && !has_other(client)) publish_route_client(&client->address, ROUTE_REMOVE);
  close(client->fd);
  /* Freed at the end of the round: another event of it may be waiting. */
  client->fd = -1;
  client->next = ended;
  ended = client;
}

static void end_longest_idle(void) {
  struct client *oldest = NULL;
  for (unsigned i = 0; i < CLIENTS_HASHED; i++)
    for (struct client *client = clients[i]; client; client = client->next)
      if (!oldest || client->used_at < oldest->used_at) oldest = client;
  if (oldest) client_end(oldest);
}

int datagram_patience(void) {
  int64_t now = timestamp_monotonic_ms();
  while (ended) {
    struct client *next = ended->next;
    free(ended);
    ended = next;
  }
  if (client_count == 0) return -1;
  if (now < sweep_at) return (int)(sweep_at - now);
  for (unsigned i = 0; i < CLIENTS_HASHED; i++)
    for (struct client *client = clients[i], *next; client; client = next) {
      next = client->next;
      if (now - client->used_at > IDLE_MS) client_end(client);
    }
  sweep_at = now + SWEEP_MS;
  return client_count == 0 ? -1 : SWEEP_MS;
}

static void answer(const struct client *client, const struct path *path, size_t length) {
  bool is_six = client->address.ss_family == AF_INET6;
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof path->local)];
  } control = {0};
  size_t size = is_six ? sizeof path->local.six : sizeof path->local.four;
  struct iovec part = {datagram, length};
  struct msghdr message = {.msg_name = (void *)&client->address, .msg_namelen = publish_address_length(client->address.ss_family), .msg_iov = &part, .msg_iovlen = 1,
    .msg_control = control.space, .msg_controllen = CMSG_SPACE(size)};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = is_six ? IPPROTO_IPV6 : IPPROTO_IP;
  header->cmsg_type = is_six ? IPV6_PKTINFO : IP_PKTINFO;
  header->cmsg_len = CMSG_LEN(size);
  memcpy(CMSG_DATA(header), &path->local, size);
  (void)!sendmsg(path->listener->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Only what comes from a port that the client talks to is for it. */
static void client_ready(struct publish_source *source, uint32_t events) {
  (void)events;
  struct client *client = (struct client *)source;
  for (int i = 0; i < DATAGRAMS_AT_ONCE && client->fd >= 0; i++) {
    struct sockaddr_storage from;
    socklen_t from_length = sizeof from;
    ssize_t length = recvfrom(client->fd, datagram, sizeof datagram, MSG_DONTWAIT, (struct sockaddr *)&from, &from_length);
    if (length < 0) return;
    client->used_at = timestamp_monotonic_ms();
    for (unsigned at = 0; at < PATHS; at++)
      if (client->paths[at].listener && client->paths[at].listener->port == publish_port(&from)) {
        answer(client, &client->paths[at], (size_t)length);
        break;
      }
  }
}

static struct client *client_new(const struct sockaddr_storage *address) {
  if (client_count >= CLIENTS_MAX) end_longest_idle();
  struct client *client = calloc(1, sizeof *client);
  if (!client) return NULL;
  client->is_routed = publish_route_client(address, ROUTE_ADD) == 0;
  client->fd = publish_datagram_socket(address, client->is_routed);
  if (client->fd == -EMFILE || client->fd == -ENFILE) {
    end_longest_idle();
    client->fd = publish_datagram_socket(address, client->is_routed);
  }
  client->source.ready = client_ready;
  client->address = *address;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
  if (client->fd < 0 || epoll_ctl(publish_epoll, EPOLL_CTL_ADD, client->fd, &event) < 0) {
    if (client->fd >= 0) close(client->fd);
    free(client);
    return NULL;
  }
  if (client_count++ == 0) sweep_at = timestamp_monotonic_ms() + SWEEP_MS;
  client->next = clients[hash_of(address)];
  clients[hash_of(address)] = client;
  return client;
}

/* A client's way in is known by the container's port; the newest takes the place of the oldest. */
static void note_path(struct client *client, struct listener *listener, struct msghdr *message) {
  struct path path = {.listener = listener};
  for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
    if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
      memcpy(&path.local.four, CMSG_DATA(header), sizeof path.local.four);
      path.local.four.ipi_ifindex = 0; /* the route decides, from the address that was talked to */
    } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
      memcpy(&path.local.six, CMSG_DATA(header), sizeof path.local.six);
      if (!IN6_IS_ADDR_LINKLOCAL(&path.local.six.ipi6_addr)) path.local.six.ipi6_ifindex = 0;
    }
  }
  unsigned at = 0;
  while (at < PATHS && !(client->paths[at].listener && client->paths[at].listener->port == listener->port)) at++;
  client->paths[at < PATHS ? at : client->next_path++ % PATHS] = path;
}

static void listener_ready(struct publish_source *source, uint32_t events) {
  (void)events;
  struct listener *listener = (struct listener *)source;
  for (int i = 0; i < DATAGRAMS_AT_ONCE; i++) {
    struct sockaddr_storage from = {0};
    _Alignas(struct cmsghdr) char control[128];
    struct iovec part = {datagram, sizeof datagram};
    struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t length = recvmsg(listener->fd, &message, MSG_DONTWAIT);
    if (length < 0) return;
    struct client *client = find(&from);
    if (!client) client = client_new(&from);
    if (!client) continue;
    note_path(client, listener, &message);
    client->used_at = timestamp_monotonic_ms();
    struct sockaddr_storage target = publish_datagram_target(&from, listener->port);
    (void)!sendto(client->fd, datagram, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&target, publish_address_length(target.ss_family));
  }
}

int datagram_listen(int fd, uint16_t port) {
  struct listener *listener = calloc(1, sizeof *listener);
  int one = 1;
  if (!listener) return -ENOMEM;
  *listener = (struct listener){{listener_ready}, fd, port};
  setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
  setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof one);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = listener};
  return epoll_ctl(publish_epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}
