/* Links, addresses and routes of the network namespace that a netlink socket belongs to. All return 0 or -errno. */
#ifndef CALA_LINKS_H
#define CALA_LINKS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* An address with the length of its prefix, of either family. */
struct ip_prefix {
  int family; /* AF_INET, AF_INET6; 0: none */
  uint8_t length;
  uint8_t bytes[16];
};

/* `10.1.2.3/24`, or without a slash as a single address. 0 or -EINVAL. */
int ip_prefix_parse(const char *text, struct ip_prefix *out);
/* Whether an address (its length does not matter) lies in a prefix. */
int ip_prefix_contains(const struct ip_prefix *prefix, const struct ip_prefix *address);
/* Whether two addresses are one, whatever their ports. */
bool is_same_host(const struct sockaddr_storage *one, const struct sockaddr_storage *other);
static inline uint32_t ip_bytes(int family) { return family == AF_INET ? 4u : 16u; }

struct hardware_address {
  uint8_t bytes[6];
};

/* `02:42:0a:59:00:02`. 0 or -EINVAL. */
int hardware_address_parse(const char *text, struct hardware_address *out);

/* What a new link is; fields that are 0 or NULL are the kernel's choice. */
struct new_link {
  const char *kind;
  const char *name;
  uint32_t mtu;
  uint32_t master;       /* index of its bridge */
  uint32_t lower;        /* index of the link it stands on (macvlan, ipvlan) */
  const char *mode;      /* how such a link and its siblings are connected: bridge or private, l2, l3 or l3s */
  int namespace_fd;      /* where the other end (veth), or the link itself (macvlan), goes; -1: nowhere else */
  const char *peer_name; /* of the other end of a veth */
  const struct hardware_address *hardware; /* of the end that the container gets */
};

int link_create(int fd, const struct new_link *link);
int link_remove(int fd, uint32_t index);
/* Index of a link by its name, or -errno. */
int link_index(int fd, const char *name);
int link_up(int fd, uint32_t index);
int link_set_mtu(int fd, uint32_t index, uint32_t mtu);
int address_add(int fd, uint32_t index, const struct ip_prefix *address);
/* A route by way of `gateway` (family 0: on the link itself); `metric` 0: the kernel's. */
int route_add(int fd, uint32_t index, const struct ip_prefix *destination, const struct ip_prefix *gateway, uint32_t metric);
/* In a table of its own: packets to `destination` are this namespace's. `source`: what is sent there comes from, unless it is bound; NULL: any. */
int route_add_local(int fd, uint32_t loopback, const struct ip_prefix *destination, const struct ip_prefix *source, uint32_t table);
int route_remove_local(int fd, uint32_t loopback, const struct ip_prefix *destination, uint32_t table);

#endif
