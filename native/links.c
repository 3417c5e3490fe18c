#define _GNU_SOURCE
#include "links.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "netlink.h"

enum { NEW_LINK = 16, DELETE_LINK = 17, NEW_ADDRESS = 20, NEW_ROUTE = 24, DELETE_ROUTE = 25 };
enum { LINK_ADDRESS = 1, LINK_NAME = 3, LINK_MTU = 4, LINK_LOWER = 5, LINK_MASTER = 10, LINK_INFO = 18, LINK_NAMESPACE_FD = 28 };
enum { INFO_KIND = 1, INFO_DATA = 2, VETH_PEER = 1, LINK_MODE = 1 };
enum { ADDRESS_ADDRESS = 1, ADDRESS_LOCAL = 2, ADDRESS_FLAGS = 8, ADDRESS_NO_DETECTION = 2 };
enum { ROUTE_DESTINATION = 1, ROUTE_LINK = 4, ROUTE_GATEWAY = 5, ROUTE_PRIORITY = 6, ROUTE_SOURCE = 7, ROUTE_TABLE = 15, ROUTE_ON_LINK = 4 };

struct link_fixed {
  uint8_t family, pad;
  uint16_t type;
  int32_t index;
  uint32_t flags, change;
};

struct address_fixed {
  uint8_t family, length, flags, scope;
  uint32_t index;
};

struct route_fixed {
  uint8_t family, destination_length, source_length, tos, table, protocol, scope, type;
  uint32_t flags;
};

int ip_prefix_parse(const char *text, struct ip_prefix *out) {
  char address[INET6_ADDRSTRLEN];
  const char *slash = strchr(text, '/');
  size_t length = slash ? (size_t)(slash - text) : strlen(text);
  *out = (struct ip_prefix){0};
  if (length >= sizeof address) return -EINVAL;
  memcpy(address, text, length);
  address[length] = 0;
  int family = strchr(address, ':') ? AF_INET6 : AF_INET;
  if (inet_pton(family, address, out->bytes) != 1) return -EINVAL;
  char *end = "";
  unsigned long bits = slash ? strtoul(slash + 1, &end, 10) : ip_bytes(family) * 8;
  if (*end || bits > ip_bytes(family) * 8) return -EINVAL;
  out->family = family;
  out->length = (uint8_t)bits;
  return 0;
}

int ip_prefix_contains(const struct ip_prefix *prefix, const struct ip_prefix *address) {
  if (prefix->family != address->family) return 0;
  uint32_t whole = prefix->length / 8u, rest = prefix->length % 8u;
  if (memcmp(prefix->bytes, address->bytes, whole) != 0) return 0;
  return rest == 0 || ((prefix->bytes[whole] ^ address->bytes[whole]) >> (8u - rest)) == 0;
}

bool is_same_host(const struct sockaddr_storage *one, const struct sockaddr_storage *other) {
  if (one->ss_family != other->ss_family) return false;
  if (one->ss_family == AF_INET) return ((const struct sockaddr_in *)one)->sin_addr.s_addr == ((const struct sockaddr_in *)other)->sin_addr.s_addr;
  return one->ss_family == AF_INET6 && memcmp(&((const struct sockaddr_in6 *)one)->sin6_addr, &((const struct sockaddr_in6 *)other)->sin6_addr, 16) == 0;
}

int hardware_address_parse(const char *text, struct hardware_address *out) {
  int end = 0;
  unsigned byte[6];
  if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &byte[0], &byte[1], &byte[2], &byte[3], &byte[4], &byte[5], &end) != 6 || text[end]) return -EINVAL;
  for (int i = 0; i < 6; i++) out->bytes[i] = (uint8_t)byte[i];
  return 0;
}

/* IFLA_MACVLAN_MODE is a word of four bytes, IFLA_IPVLAN_MODE one of two. */
static void put_mode(struct netlink_message *message, const char *mode) {
  static const struct { const char *name; uint32_t macvlan; uint16_t ipvlan; } modes[] = {{"private", 1, 0}, {"bridge", 4, 0}, {"l2", 0, 0}, {"l3", 0, 1}, {"l3s", 0, 2}};
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
    if (strcmp(mode, modes[i].name) != 0) continue;
    if (modes[i].macvlan) netlink_put_u32(message, LINK_MODE, modes[i].macvlan);
    else netlink_put(message, LINK_MODE, &modes[i].ipvlan, sizeof modes[i].ipvlan);
  }
}

static void put_kind(struct netlink_message *message, const struct new_link *link) {
  uint32_t info = netlink_nest(message, LINK_INFO);
  netlink_put_text(message, INFO_KIND, link->kind);
  if (link->peer_name) {
    uint32_t data = netlink_nest(message, INFO_DATA), peer = netlink_nest(message, VETH_PEER);
    netlink_put_raw(message, &(struct link_fixed){0}, sizeof(struct link_fixed));
    netlink_put_text(message, LINK_NAME, link->peer_name);
    if (link->mtu) netlink_put_u32(message, LINK_MTU, link->mtu);
    if (link->hardware) netlink_put(message, LINK_ADDRESS, link->hardware->bytes, 6);
    if (link->namespace_fd >= 0) netlink_put_u32(message, LINK_NAMESPACE_FD, (uint32_t)link->namespace_fd);
    netlink_close(message, peer);
    netlink_close(message, data);
  } else if (link->mode) {
    uint32_t data = netlink_nest(message, INFO_DATA);
    put_mode(message, link->mode);
    netlink_close(message, data);
  }
  netlink_close(message, info);
}

int link_create(int fd, const struct new_link *link) {
  struct netlink_message message;
  netlink_begin(&message, NEW_LINK, NETLINK_FLAG_CREATE | NETLINK_FLAG_EXCLUSIVE, &(struct link_fixed){0}, sizeof(struct link_fixed));
  netlink_put_text(&message, LINK_NAME, link->name);
  if (link->mtu) netlink_put_u32(&message, LINK_MTU, link->mtu);
  if (link->master) netlink_put_u32(&message, LINK_MASTER, link->master);
  if (link->lower) netlink_put_u32(&message, LINK_LOWER, link->lower);
  if (!link->peer_name && link->hardware) netlink_put(&message, LINK_ADDRESS, link->hardware->bytes, 6);
  if (!link->peer_name && link->namespace_fd >= 0) netlink_put_u32(&message, LINK_NAMESPACE_FD, (uint32_t)link->namespace_fd);
  put_kind(&message, link);
  return netlink_request(fd, &message);
}

int link_remove(int fd, uint32_t index) {
  struct netlink_message message;
  netlink_begin(&message, DELETE_LINK, 0, &(struct link_fixed){.index = (int32_t)index}, sizeof(struct link_fixed));
  return netlink_request(fd, &message);
}

/* Any socket knows its namespace's links. */
int link_index(int fd, const char *name) {
  struct ifreq request = {0};
  snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
  return ioctl(fd, SIOCGIFINDEX, &request) < 0 ? -errno : request.ifr_ifindex;
}

int link_up(int fd, uint32_t index) {
  struct netlink_message message;
  netlink_begin(&message, NEW_LINK, 0, &(struct link_fixed){.index = (int32_t)index, .flags = IFF_UP, .change = IFF_UP}, sizeof(struct link_fixed));
  return netlink_request(fd, &message);
}

int link_set_mtu(int fd, uint32_t index, uint32_t mtu) {
  struct netlink_message message;
  netlink_begin(&message, NEW_LINK, 0, &(struct link_fixed){.index = (int32_t)index}, sizeof(struct link_fixed));
  netlink_put_u32(&message, LINK_MTU, mtu);
  return netlink_request(fd, &message);
}

int address_add(int fd, uint32_t index, const struct ip_prefix *address) {
  struct netlink_message message;
  struct address_fixed fixed = {.family = (uint8_t)address->family, .length = address->length, .index = index};
  netlink_begin(&message, NEW_ADDRESS, NETLINK_FLAG_CREATE | NETLINK_FLAG_EXCLUSIVE, &fixed, sizeof fixed);
  netlink_put(&message, ADDRESS_LOCAL, address->bytes, ip_bytes(address->family));
  netlink_put(&message, ADDRESS_ADDRESS, address->bytes, ip_bytes(address->family));
  /* Nobody else can have it, and detection would keep it unusable for a second. */
  if (address->family == AF_INET6) netlink_put_u32(&message, ADDRESS_FLAGS, ADDRESS_NO_DETECTION);
  return netlink_request(fd, &message);
}

int route_add(int fd, uint32_t index, const struct ip_prefix *destination, const struct ip_prefix *gateway, uint32_t metric) {
  struct netlink_message message;
  struct route_fixed fixed = {.family = (uint8_t)destination->family, .destination_length = destination->length, .table = 254, .protocol = 4,
    .scope = gateway->family ? 0 : 253, .type = 1, .flags = gateway->family ? ROUTE_ON_LINK : 0};
  netlink_begin(&message, NEW_ROUTE, NETLINK_FLAG_CREATE | NETLINK_FLAG_EXCLUSIVE, &fixed, sizeof fixed);
  if (destination->length) netlink_put(&message, ROUTE_DESTINATION, destination->bytes, ip_bytes(destination->family));
  if (gateway->family) netlink_put(&message, ROUTE_GATEWAY, gateway->bytes, ip_bytes(gateway->family));
  netlink_put_u32(&message, ROUTE_LINK, index);
  if (metric) netlink_put_u32(&message, ROUTE_PRIORITY, metric);
  return netlink_request(fd, &message);
}

static void begin_local(struct netlink_message *message, uint16_t type, uint16_t flags, uint32_t loopback, const struct ip_prefix *destination, uint32_t table) {
  struct route_fixed fixed = {.family = (uint8_t)destination->family, .destination_length = destination->length, .protocol = 4, .scope = 254, .type = 2};
  netlink_begin(message, type, flags, &fixed, sizeof fixed);
  if (destination->length) netlink_put(message, ROUTE_DESTINATION, destination->bytes, ip_bytes(destination->family));
  netlink_put_u32(message, ROUTE_LINK, loopback);
  netlink_put_u32(message, ROUTE_TABLE, table);
}

int route_add_local(int fd, uint32_t loopback, const struct ip_prefix *destination, const struct ip_prefix *source, uint32_t table) {
  struct netlink_message message;
  begin_local(&message, NEW_ROUTE, NETLINK_FLAG_CREATE | NETLINK_FLAG_EXCLUSIVE, loopback, destination, table);
  if (source) netlink_put(&message, ROUTE_SOURCE, source->bytes, ip_bytes(source->family));
  return netlink_request(fd, &message);
}

int route_remove_local(int fd, uint32_t loopback, const struct ip_prefix *destination, uint32_t table) {
  struct netlink_message message;
  begin_local(&message, DELETE_ROUTE, 0, loopback, destination, table);
  return netlink_request(fd, &message);
}
