/* The applet `publish PID READY_FD TO4 TO6 PROTOCOL/ADDRESS/HOSTPORT/PORT/COUNT…`: listens on the host for a container's published ports, and relays to the
 * addresses TO4 and TO6 in its network namespace. A helper of the monitor's, with which it ends. `publish probe` tells whether clients' addresses can be borne at all. */
#define _GNU_SOURCE
#include "publish.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "applets.h"
#include "cleanup.h"
#include "program-pages.h"
#include "sys.h"

#define BACKLOG 4096
#define ACCEPTS_AT_ONCE 64
#define EVENTS_AT_ONCE 64
/* Longer than a server takes for a short answer. */
#define LOOKING_NS 100000
#define CAP_NET_ADMIN_BIT (1u << 12)
#define CAPABILITY_VERSION 0x20080522u

int publish_epoll;
/* Whoever answers can work while we look. */
static bool has_processors;

struct listener {
  struct publish_source source;
  int fd;
  uint16_t port; /* the container's */
  void (*begin)(int client, uint16_t port, const struct sockaddr_storage *peer);
};

struct range {
  int protocol; /* IPPROTO_TCP … */
  struct sockaddr_storage address;
  socklen_t length;
  unsigned host_port, port, count;
};

struct publish_targets publish_targets;

static bool parse_address(const char *text, struct sockaddr_storage *out, socklen_t *length) {
  struct sockaddr_in *four = (struct sockaddr_in *)out;
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
  bool is_six = strchr(text, ':') != NULL;
  *out = (struct sockaddr_storage){.ss_family = is_six ? AF_INET6 : AF_INET};
  *length = is_six ? sizeof *six : sizeof *four;
  return inet_pton(out->ss_family, text, is_six ? (void *)&six->sin6_addr : (void *)&four->sin_addr) == 1;
}

static bool parse_range(const char *text, struct range *out) {
  static const struct { const char *name; int number; } protocols[] = {{"tcp", IPPROTO_TCP}, {"udp", IPPROTO_UDP}, {"sctp", IPPROTO_SCTP}};
  char protocol[5], address[INET6_ADDRSTRLEN];
  int end = 0;
  if (sscanf(text, "%4[a-z]/%45[0-9a-fA-F.:]/%5u/%5u/%5u%n", protocol, address, &out->host_port, &out->port, &out->count, &end) != 5 || text[end]) return false;
  out->protocol = -1;
  for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
    if (strcmp(protocols[i].name, protocol) == 0) out->protocol = protocols[i].number;
  if (out->protocol < 0) return false;
  return out->count > 0 && out->host_port + out->count <= 65536 && out->port + out->count <= 65536 && parse_address(address, &out->address, &out->length);
}

static void accept_clients(struct publish_source *source, uint32_t events) {
  (void)events;
  struct listener *listener = (struct listener *)source;
  for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    int client = accept4(listener->fd, (struct sockaddr *)&peer, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client >= 0) {
      listener->begin(client, listener->port, &peer);
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) usleep(10000); /* the others may end meanwhile */
    if (errno != ECONNABORTED && errno != EINTR) return;
  }
}

static int open_listener(const struct range *range, unsigned index) {
  struct sockaddr_storage address = range->address;
  bool is_datagram = range->protocol == IPPROTO_UDP;
  int one = 1, fd = socket(address.ss_family, (is_datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, range->protocol);
  if (fd < 0) return -errno;
  publish_set_port(&address, (uint16_t)(range->host_port + index));
  if (range->protocol == IPPROTO_SCTP) messages_prepare_listener(fd);
  if (range->protocol == IPPROTO_TCP) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (address.ss_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
  if (bind(fd, (struct sockaddr *)&address, range->length) == 0 && (is_datagram || listen(fd, BACKLOG) == 0)) return fd;
  int error = errno;
  close(fd);
  return -error;
}

/* `::` is asked for beside 0.0.0.0, and not every host has IPv6. */
static bool is_bearable(const struct range *range, int error) {
  return range->address.ss_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)&range->address)->sin6_addr) && (error == EAFNOSUPPORT || error == EADDRNOTAVAIL);
}

static int serve(int fd, const struct range *range, uint16_t port) {
  struct listener *listener = calloc(1, sizeof *listener);
  if (!listener) return -ENOMEM;
  *listener = (struct listener){{accept_clients}, fd, port, range->protocol == IPPROTO_SCTP ? messages_begin : relay_begin};
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = listener};
  return epoll_ctl(publish_epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int listen_range(const struct range *range, const char *text) {
  for (unsigned i = 0; i < range->count; i++) {
    uint16_t port = (uint16_t)(range->port + i);
    int fd = open_listener(range, i);
    if (fd < 0 && is_bearable(range, -fd)) return 0;
    int result = fd < 0 ? fd : range->protocol == IPPROTO_UDP ? datagram_listen(fd, port) : serve(fd, range, port);
    if (result == 0) continue;
    int protocol = (int)strcspn(text, "/");
    const char *address = text + protocol + 1;
    dprintf(2, "cannot publish %.*s:%u/%.*s: %s", (int)strcspn(address, "/"), address, range->host_port + i, protocol, text, result == -EADDRINUSE ? "the port is in use" : strerror(-result));
    return result;
  }
  return 0;
}

/* What is left is the right to bear clients' addresses. */
static void drop_privileges(void) {
  struct { uint32_t version; int pid; } header = {CAPABILITY_VERSION, 0};
  struct { uint32_t effective, permitted, inheritable; } sets[2] = {{CAP_NET_ADMIN_BIT, CAP_NET_ADMIN_BIT, 0}, {0, 0, 0}};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  syscall(SYS_capset, &header, sets);
}

static int enter_network(const char *pid) {
  char path[48];
  snprintf(path, sizeof path, "/proc/%s/ns/net", pid);
  AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  return sys_setns(fd, NS_NETWORK);
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Being woken takes longer than to look. Where one short message has soon followed another, the next is looked for a moment before sleeping. */
static int wait_for_events(struct epoll_event *events, int patience) {
  static bool is_eager = false;
  int64_t start = now_ns();
  int count = 0;
  while (is_eager && count == 0 && now_ns() - start < LOOKING_NS) {
    count = epoll_wait(publish_epoll, events, EVENTS_AT_ONCE, 0);
    if (count == 0) sched_yield();
  }
  if (count == 0) count = epoll_wait(publish_epoll, events, EVENTS_AT_ONCE, patience);
  is_eager = !relay_was_bulk() && count == 1 && now_ns() - start < LOOKING_NS && has_processors;
  return count;
}

_Noreturn static void loop(void) {
  struct epoll_event events[EVENTS_AT_ONCE];
  for (bool is_busy = false;; is_busy = relay_continue()) {
    int patience = datagram_patience(), count = is_busy ? epoll_wait(publish_epoll, events, EVENTS_AT_ONCE, 0) : wait_for_events(events, patience);
    for (int i = 0; i < count; i++) ((struct publish_source *)events[i].data.ptr)->ready(events[i].data.ptr, events[i].events);
    messages_forget_ended();
  }
}

static int probe(void) {
  int result = sys_unshare(NS_NETWORK);
  if (result == 0) result = publish_route();
  if (result < 0) dprintf(2, "%s", strerror(-result));
  return result < 0;
}

int applet_publish(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "probe") == 0) return probe();
  socklen_t length;
  struct rlimit limit;
  if (argc < 6 || !parse_address(argv[3], &publish_targets.address[0], &length) || !parse_address(argv[4], &publish_targets.address[1], &length)) return 1;
  prctl(PR_SET_NAME, "cala-publish");
  cpu_set_t processors;
  has_processors = sched_getaffinity(0, sizeof processors, &processors) == 0 && CPU_COUNT(&processors) > 1;
  signal(SIGPIPE, SIG_IGN);
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) limit.rlim_cur = limit.rlim_max, setrlimit(RLIMIT_NOFILE, &limit);
  publish_epoll = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 5; i < argc; i++) {
    struct range range;
    if (!parse_range(argv[i], &range)) return dprintf(2, "\"%s\" is not PROTOCOL/ADDRESS/HOSTPORT/PORT/COUNT", argv[i]), 1;
    if (listen_range(&range, argv[i]) < 0) return 1;
  }
  int result = enter_network(argv[1]);
  if (result < 0) return dprintf(2, "the container's network cannot be entered: %s", strerror(-result)), 1;
  int routed = publish_route();
  publish_targets.is_transparent = routed == 0;
  for (int i = 5; i < argc; i++) {
    struct range range;
    if (!parse_range(argv[i], &range) || range.protocol != IPPROTO_UDP) continue;
    int allowed = publish_route_ports((uint16_t)range.port, (uint16_t)(range.port + range.count - 1));
    if (routed == 0) routed = allowed;
  }
  /* The monitor passes it on (op-spawn.c). */
  if (routed < 0) dprintf(2, "WARN the container does not see the addresses of clients of its published ports, but its own: %s (cala doctor)", strerror(-routed));
  drop_privileges();
  int ready = atoi(argv[2]);
  if (write(ready, "r", 1) != 1) return 1;
  close(ready);
  program_forget_pages();
  loop();
}
