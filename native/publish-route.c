/* Connections inside a container that bear the addresses of clients outside (IP_TRANSPARENT): what the program answers must come to us instead of
 * going the way to that address. A mark tells: it is on our packets, the kernel gives it to the program's side (tcp_fwmark_accept), and marked
 * packets find every address on the loopback interface. Nothing else of the container's traffic bears it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "netlink.h"
#include "publish.h"
#include "rules.h"

#define PUBLISH_MARK 0xca1a0001u
#define PUBLISH_TABLE 0xca1au
#define PUBLISH_PRIORITY 50u
#define TRANSPARENT_4 19 /* IP_TRANSPARENT */
#define TRANSPARENT_6 75 /* IPV6_TRANSPARENT */
#define MARK 36          /* SO_MARK */

static int write_setting(const char *path) {
  AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);
  return fd < 0 || write(fd, "1", 1) != 1 ? -errno : 0;
}

static int route_family(int fd, uint32_t loopback, int family) {
  struct rule rule = {.mark = PUBLISH_MARK, .priority = PUBLISH_PRIORITY, .action = RULE_TO_TABLE, .table = PUBLISH_TABLE};
  struct ip_prefix any = {.family = family};
  int result = rule_add(fd, family, &rule);
  if (result == 0) result = route_add_local(fd, loopback, &any, PUBLISH_TABLE);
  return result == -EEXIST ? 0 : result;
}

int publish_route(void) {
  int result = write_setting("/proc/sys/net/ipv4/tcp_fwmark_accept");
  /* Refusals have no socket that could keep the mark. */
  if (result == 0) result = write_setting("/proc/sys/net/ipv4/fwmark_reflect");
  if (result == 0) write_setting("/proc/sys/net/ipv6/fwmark_reflect"); /* kernels without IPv6 */
  AUTO_CLOSE int fd = result < 0 ? -1 : netlink_open(NETLINK_FAMILY_ROUTE);
  if (fd < 0) return result < 0 ? result : fd;
  int loopback = link_index(fd, "lo");
  if (loopback < 0) return loopback;
  result = link_up(fd, (uint32_t)loopback);
  if (result == 0) result = route_family(fd, (uint32_t)loopback, AF_INET);
  if (result == 0) route_family(fd, (uint32_t)loopback, AF_INET6); /* kernels without IPv6 */
  return result;
}

static socklen_t address_length(int family) {
  return family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

static void set_port(struct sockaddr_storage *address, uint16_t port) {
  if (address->ss_family == AF_INET) ((struct sockaddr_in *)address)->sin_port = htons(port);
  else ((struct sockaddr_in6 *)address)->sin6_port = htons(port);
}

/* Best effort: a client with an address that means nothing here (link-local) is seen as the container itself. */
static void take_address(int fd, const struct sockaddr_storage *peer) {
  int one = 1;
  uint32_t mark = PUBLISH_MARK;
  socklen_t length = address_length(peer->ss_family);
  bool allowed = peer->ss_family == AF_INET ? setsockopt(fd, SOL_IP, TRANSPARENT_4, &one, sizeof one) == 0 : setsockopt(fd, SOL_IPV6, TRANSPARENT_6, &one, sizeof one) == 0;
  if (!allowed || setsockopt(fd, SOL_SOCKET, MARK, &mark, sizeof mark) < 0) return;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(fd, (const struct sockaddr *)peer, length) == 0) return;
  struct sockaddr_storage other = *peer;
  set_port(&other, 0);
  (void)!bind(fd, (const struct sockaddr *)&other, length);
}

int publish_connect(const struct publish_targets *targets, const struct sockaddr_storage *peer, uint16_t port, unsigned attempt) {
  /* The client's own family first; the other one is for programs that listen on one only. */
  bool is_six = (peer->ss_family == AF_INET6) == (attempt == 0);
  struct sockaddr_storage target = targets->address[is_six];
  int one = 1, fd = socket(target.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  set_port(&target, port);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
  if (targets->is_transparent && attempt == 0) take_address(fd, peer);
  if (connect(fd, (struct sockaddr *)&target, address_length(target.ss_family)) == 0 || errno == EINPROGRESS) return fd;
  int error = errno;
  close(fd);
  return -error;
}
