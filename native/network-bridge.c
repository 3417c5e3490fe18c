/* The network's bridge, and the members' ends of it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "netlink.h"
#include "netns.h"
#include "network.h"

static bool is_bridge(const struct network_config *config) {
  return strcmp(config->driver, "bridge") == 0;
}

static int open_here(void *data) {
  struct network *network = data;
  network->namespace_fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (network->namespace_fd < 0) return -errno;
  network->link_fd = netlink_open(NETLINK_FAMILY_ROUTE);
  return network->link_fd < 0 ? network->link_fd : 0;
}

static int link_up_named(struct network *network, const char *name) {
  int index = link_index(network->link_fd, name);
  return index < 0 ? index : link_up(network->link_fd, (uint32_t)index);
}

/* A bridge without a port has no carrier, and what stands on it has none, either. */
static int give_carrier(struct network *network) {
  struct new_link link = {.kind = "veth", .name = "carrier0", .mtu = network->config->mtu, .master = network->bridge, .namespace_fd = -1, .peer_name = "carrier1"};
  int result = link_create(network->link_fd, &link);
  if (result == 0) result = link_up_named(network, "carrier0");
  return result < 0 ? result : link_up_named(network, "carrier1");
}

/* Where the gateway's addresses are: on the bridge; where members' links stand on that, they do not reach it itself: at the far end of its carrier, which
 * macvlan takes for another host, or on a link beside the members', for only those get answers from ipvlan's third layer. */
static int gateway_link(struct network *network) {
  const struct network_config *config = network->config;
  if (is_bridge(config)) return (int)network->bridge;
  struct new_link link = {.kind = config->driver, .name = "gw0", .lower = network->bridge, .mode = config->mode, .namespace_fd = -1};
  int result = give_carrier(network);
  if (result == 0) result = link_create(network->link_fd, &link);
  if (result < 0) return result;
  if (strcmp(config->driver, "macvlan") == 0) return link_index(network->link_fd, "carrier1");
  int index = link_index(network->link_fd, "gw0");
  if (index >= 0) result = link_up(network->link_fd, (uint32_t)index);
  return result < 0 ? result : index;
}

int bridge_create(struct network *network, const char **what) {
  static const struct hardware_address any;
  const struct hardware_address *hardware = &network->config->hardware;
  struct new_link link = {.kind = "bridge", .name = network->config->bridge, .mtu = network->config->mtu, .namespace_fd = -1};
  if (memcmp(hardware, &any, sizeof any) != 0) link.hardware = hardware;
  *what = "a network namespace cannot be made";
  int result = netns_call(-1, open_here, network);
  if (result < 0) return result;
  *what = "a bridge cannot be made";
  result = link_create(network->link_fd, &link);
  int index = result < 0 ? result : link_index(network->link_fd, network->config->bridge);
  if (index < 0) return index;
  network->bridge = (uint32_t)index;
  result = link_up(network->link_fd, network->bridge);
  int lo = link_index(network->link_fd, "lo");
  if (lo > 0) link_up(network->link_fd, (uint32_t)lo);
  *what = "the kernel does not have the network's driver";
  int gateway = result < 0 ? result : gateway_link(network);
  if (gateway < 0) return gateway;
  *what = "the gateway's address cannot be set";
  for (uint32_t i = 0; i < network->config->gateway_count && result == 0; i++) result = address_add(network->link_fd, (uint32_t)gateway, &network->config->gateways[i]);
  return result;
}

static int open_netlink(void *data) {
  (void)data;
  return netlink_open(NETLINK_FAMILY_ROUTE);
}

/* The container's side: addresses and routes of its end. */
static int configure(int fd, const struct member *member, const char **what) {
  int index = link_index(fd, member->interface);
  if (index < 0) return index;
  int result = 0;
  *what = "the address cannot be set";
  for (uint32_t i = 0; i < member->address_count && result == 0; i++) result = address_add(fd, (uint32_t)index, &member->addresses[i]);
  if (result == 0) result = link_up(fd, (uint32_t)index);
  *what = "the route cannot be set";
  for (uint32_t i = 0; i < member->route_count && result == 0; i++)
    result = route_add(fd, (uint32_t)index, &member->routes[i], &member->route_gateways[i], member->route_metrics[i]);
  return result;
}

static int create_end(struct network *network, struct member *member, int namespace_fd, uint32_t *index) {
  const struct network_config *config = network->config;
  const struct hardware_address *hardware = member->has_hardware ? &member->hardware : NULL;
  if (!is_bridge(config)) {
    struct new_link link = {.kind = config->driver, .name = member->interface, .mtu = config->mtu, .lower = network->bridge, .mode = config->mode, .namespace_fd = namespace_fd, .hardware = hardware};
    return link_create(network->link_fd, &link);
  }
  char name[IFNAMSIZ];
  snprintf(name, sizeof name, "v%u", (unsigned)(++network->next_link % 1000000000u));
  struct new_link link = {.kind = "veth", .name = name, .mtu = config->mtu, .master = network->bridge, .namespace_fd = namespace_fd, .peer_name = member->interface, .hardware = hardware};
  int result = link_create(network->link_fd, &link);
  if (result < 0) return result;
  int made = link_index(network->link_fd, name);
  *index = made < 0 ? 0 : (uint32_t)made;
  return made < 0 ? made : link_up(network->link_fd, *index);
}

int bridge_attach(struct network *network, struct member *member, int namespace_fd, const char **what) {
  *what = "the container's network namespace cannot be entered";
  AUTO_CLOSE int inside = netns_call(namespace_fd, open_netlink, NULL);
  if (inside < 0) return inside;
  /* What a killed process of this network left behind goes slowly by itself. */
  int former = link_index(inside, member->interface);
  if (former > 0) link_remove(inside, (uint32_t)former);
  *what = "the link to the container cannot be made";
  int result = create_end(network, member, namespace_fd, &member->link);
  if (result == 0) result = configure(inside, member, what);
  if (!is_bridge(network->config)) member->inside = take_fd(&inside);
  if (result < 0) bridge_detach(network, member);
  return result;
}

/* A link whose other end went with the container's namespace has gone, too. */
void bridge_detach(struct network *network, struct member *member) {
  if (member->link) link_remove(network->link_fd, member->link);
  member->link = 0;
  if (member->inside < 0) return;
  int index = link_index(member->inside, member->interface);
  if (index > 0) link_remove(member->inside, (uint32_t)index);
  close(member->inside);
  member->inside = -1;
}
