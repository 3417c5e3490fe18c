/* Connections inside a container that bear the addresses of clients outside (IP_TRANSPARENT): what the program answers must come to us instead of
 * going the way to that address. A mark tells: it is on our packets, the kernel gives it to the program's side (tcp_fwmark_accept), and marked
 * packets find every address on the loopback interface. Nothing else of the container's traffic bears it. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "netlink.h"
#include "publish.h"
#include "rules.h"
#include "timestamp.h"

#define PUBLISH_MARK 0xca1a0001u
#define PUBLISH_TABLE 0xca1au
#define PUBLISH_PRIORITY 50u
/* Where clients' addresses are, for packets of UDP: those have no mark that they could keep. */
#define DATAGRAM_TABLE 0xca1bu
#define DATAGRAM_PRIORITY 51u
#define TRANSPARENT_4 19 /* IP_TRANSPARENT */
#define TRANSPARENT_6 75 /* IPV6_TRANSPARENT */
#define MARK 36          /* SO_MARK */
#define ADDRESS_IS_TENTATIVE 0x40u
#define OWN_ADDRESS_MS 1000

static int link_fd = -1;
static uint32_t loopback;

static int write_setting(const char *path) {
  AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);
  return fd < 0 || write(fd, "1", 1) != 1 ? -errno : 0;
}

static int route_family(int family) {
  struct rule rule = {.mark = PUBLISH_MARK, .priority = PUBLISH_PRIORITY, .action = RULE_TO_TABLE, .table = PUBLISH_TABLE};
  struct ip_prefix any = {.family = family};
  int result = rule_add(link_fd, family, &rule);
  if (result == 0) result = route_add_local(link_fd, loopback, &any, NULL, PUBLISH_TABLE);
  return result == -EEXIST ? 0 : result;
}

/* A socket that may be bound to anybody's address, and whose packets are marked. */
static int allow_address(int fd, int family) {
  int one = 1;
  uint32_t mark = PUBLISH_MARK;
  int result = family == AF_INET ? setsockopt(fd, SOL_IP, TRANSPARENT_4, &one, sizeof one) : setsockopt(fd, SOL_IPV6, TRANSPARENT_6, &one, sizeof one);
  return result < 0 ? result : setsockopt(fd, SOL_SOCKET, MARK, &mark, sizeof mark);
}

int publish_route(void) {
  link_fd = netlink_open(NETLINK_FAMILY_ROUTE);
  int index = link_fd < 0 ? link_fd : link_index(link_fd, "lo");
  if (index < 0) return index;
  loopback = (uint32_t)index;
  int result = link_up(link_fd, loopback);
  if (result == 0) result = write_setting("/proc/sys/net/ipv4/tcp_fwmark_accept");
  /* Refusals have no socket that could keep the mark. */
  if (result == 0) result = write_setting("/proc/sys/net/ipv4/fwmark_reflect");
  if (result == 0) write_setting("/proc/sys/net/ipv6/fwmark_reflect"); /* kernels without IPv6 */
  if (result == 0) result = route_family(AF_INET);
  if (result == 0) route_family(AF_INET6); /* kernels without IPv6 */
  AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return result < 0 || (fd >= 0 && allow_address(fd, AF_INET) == 0) ? result : -errno;
}

int publish_route_ports(uint16_t first, uint16_t last) {
  struct rule rule = {.priority = DATAGRAM_PRIORITY, .action = RULE_TO_TABLE, .table = DATAGRAM_TABLE, .protocol = IPPROTO_UDP, .source_port = first, .source_port_last = last};
  int result = link_fd < 0 ? -EBADF : rule_add(link_fd, AF_INET, &rule);
  if (result == 0) rule_add(link_fd, AF_INET6, &rule); /* kernels without IPv6 */
  return result;
}

static bool is_loopback(const struct sockaddr_storage *address) {
  if (address->ss_family == AF_INET) return ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
  return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

static struct ip_prefix prefix_of(const struct sockaddr_storage *address) {
  struct ip_prefix prefix = {.family = address->ss_family, .length = (uint8_t)(ip_bytes(address->ss_family) * 8)};
  const void *bytes = prefix.family == AF_INET ? (const void *)&((const struct sockaddr_in *)address)->sin_addr : &((const struct sockaddr_in6 *)address)->sin6_addr;
  memcpy(prefix.bytes, bytes, ip_bytes(prefix.family));
  return prefix;
}

/* What the program sends without having chosen an address must come from the one that the client's datagrams go to: some programs bind their socket
 * to it by connecting. */
int publish_route_client(const struct sockaddr_storage *client, enum route_change change) {
  struct ip_prefix address = prefix_of(client), link_local = {.family = AF_INET6, .length = 10, .bytes = {0xfe, 0x80}};
  if (is_loopback(client)) return 0;
  if (link_fd < 0 || ip_prefix_contains(&link_local, &address)) return -EADDRNOTAVAIL;
  if (change == ROUTE_REMOVE) return route_remove_local(link_fd, loopback, &address, DATAGRAM_TABLE);
  struct sockaddr_storage target = publish_datagram_target(client, 0);
  struct ip_prefix own = prefix_of(&target);
  int result = route_add_local(link_fd, loopback, &address, &own, DATAGRAM_TABLE);
  return result == -EEXIST ? 0 : result;
}

/* The container's own address, of a network rather than of its way out; where it has none (yet), that of its loopback interface. */
static struct sockaddr_storage read_own_six(void) {
  struct sockaddr_storage found = publish_targets.address[1];
  FILE *file = fopen("/proc/thread-self/net/if_inet6", "re");
  char digits[33], name[17];
  unsigned scope, flags;
  bool has_any = false;
  while (file && fscanf(file, "%32s %*x %*x %x %x %16s", digits, &scope, &flags, name) == 4) {
    bool is_way_out = strcmp(name, "out0") == 0;
    if (scope != 0 || flags & ADDRESS_IS_TENTATIVE || strcmp(name, "lo") == 0 || (has_any && is_way_out)) continue;
    for (int i = 0; i < 16; i++) sscanf(digits + 2 * i, "%2hhx", &((struct sockaddr_in6 *)&found)->sin6_addr.s6_addr[i]);
    has_any = true;
    if (!is_way_out) break;
  }
  if (file) fclose(file);
  return found;
}

/* It may come and change while the container runs. */
static struct sockaddr_storage own_six(void) {
  static struct sockaddr_storage own;
  static int64_t read_at = INT64_MIN / 2;
  int64_t now = timestamp_monotonic_ms();
  if (now - read_at > OWN_ADDRESS_MS) own = read_own_six(), read_at = now;
  return own;
}

struct sockaddr_storage publish_datagram_target(const struct sockaddr_storage *client, uint16_t port) {
  struct sockaddr_storage target = publish_targets.address[client->ss_family == AF_INET6];
  if (is_loopback(client) && client->ss_family == AF_INET) ((struct sockaddr_in *)&target)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (!is_loopback(client) && client->ss_family == AF_INET6) target = own_six();
  publish_set_port(&target, port);
  return target;
}

int publish_datagram_socket(const struct sockaddr_storage *client, bool is_borne) {
  int one = 1, fd = socket(client->ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0 || !is_borne) return fd < 0 ? -errno : fd;
  bool is_four = client->ss_family == AF_INET;
  setsockopt(fd, is_four ? SOL_IP : SOL_IPV6, is_four ? TRANSPARENT_4 : TRANSPARENT_6, &one, sizeof one);
  struct sockaddr_storage other = *client;
  if (bind(fd, (struct sockaddr *)&other, publish_address_length(other.ss_family)) == 0) return fd;
  publish_set_port(&other, 0); /* a program in there has the same */
  (void)!bind(fd, (struct sockaddr *)&other, publish_address_length(other.ss_family));
  return fd;
}

/* Best effort: a client with an address that means nothing here (link-local) is seen as the container itself. */
static void take_address(int fd, const struct sockaddr_storage *peer) {
  int one = 1;
  socklen_t length = publish_address_length(peer->ss_family);
  if (allow_address(fd, peer->ss_family) < 0) return;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(fd, (const struct sockaddr *)peer, length) == 0) return;
  struct sockaddr_storage other = *peer;
  publish_set_port(&other, 0);
  (void)!bind(fd, (const struct sockaddr *)&other, length);
}

struct sockaddr_storage publish_target(const struct sockaddr_storage *peer, uint16_t port, unsigned attempt) {
  bool is_six = (peer->ss_family == AF_INET6) == (attempt == 0);
  struct sockaddr_storage target = is_six ? own_six() : publish_targets.address[0];
  publish_set_port(&target, port);
  return target;
}

int publish_connect(const struct sockaddr_storage *peer, uint16_t port, unsigned attempt) {
  struct sockaddr_storage target = publish_target(peer, port, attempt);
  int one = 1, fd = socket(target.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
  if (publish_targets.is_transparent && attempt == 0) take_address(fd, peer);
  if (connect(fd, (struct sockaddr *)&target, publish_address_length(target.ss_family)) == 0 || errno == EINPROGRESS) return fd;
  int error = errno;
  close(fd);
  return -error;
}
