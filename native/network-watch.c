#define _GNU_SOURCE
#include "network-watch.h"
#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* linux/netlink.h and linux/rtnetlink.h, as far as they are needed: musl has no kernel headers of its own. */
#define NETLINK_ROUTE_PROTOCOL 0
#define GROUP_IPV4_ROUTE 0x40u
#define GROUP_IPV6_ROUTE 0x400u
#define NEW_ROUTE 24u
#define TYPE_UNICAST 1

#define SECOND_FAMILY_MS 5

struct netlink_address {
  unsigned short family;
  unsigned short pad;
  unsigned int pid;
  unsigned int groups;
};

struct route_message {
  unsigned int length;
  unsigned short type;
  unsigned short flags;
  unsigned int sequence;
  unsigned int pid;
  unsigned char family;
  unsigned char destination_length;
  unsigned char source_length;
  unsigned char tos;
  unsigned char table;
  unsigned char protocol;
  unsigned char scope;
  unsigned char route_type;
};

static int open_socket(void) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE_PROTOCOL);
  struct netlink_address address = {.family = AF_NETLINK, .groups = GROUP_IPV4_ROUTE | GROUP_IPV6_ROUTE};
  if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    int error = errno;
    close(fd);
    return -error;
  }
  return fd < 0 ? -errno : fd;
}

static int open_inside(void *data) {
  (void)data;
  return open_socket();
}

int network_watch_open(pid_t pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/net", (int)pid);
  int namespace_fd = open(path, O_RDONLY | O_CLOEXEC);
  if (namespace_fd < 0) return -errno;
  int result = netns_call(namespace_fd, open_inside, NULL);
  close(namespace_fd);
  return result;
}

/* Bits of families seen in what has arrived: 1 for IPv4, 2 for IPv6. */
static unsigned read_routes(int fd) {
  unsigned seen = 0;
  _Alignas(8) char buffer[16384];
  ssize_t length;
  while ((length = recv(fd, buffer, sizeof buffer, 0)) > 0) {
    for (size_t at = 0; at + sizeof(struct route_message) <= (size_t)length;) {
      struct route_message message;
      memcpy(&message, buffer + at, sizeof message);
      if (message.length < 16) break;
      if (message.type == NEW_ROUTE && message.destination_length == 0 && message.route_type == TYPE_UNICAST) seen |= message.family == AF_INET ? 1u : 2u;
      at += (message.length + 3u) & ~3u;
    }
  }
  return seen;
}

bool network_watch_ready(int fd, const char *families) {
  unsigned wanted = (strchr(families, '4') ? 1u : 0) | (strchr(families, '6') ? 2u : 0);
  unsigned seen = read_routes(fd);
  if (!seen) return false;
  struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
  while ((seen & wanted) != wanted && poll(&poll_fd, 1, SECOND_FAMILY_MS) > 0) seen |= read_routes(fd);
  return true;
}
