/* The process of one user-defined network: a bridge in a network namespace of its own, and the name server of its members. It stays in
 * the host's network namespace itself, where the resolvers are reached from; the other namespace is held by descriptors. */
#ifndef CALA_NETWORK_H
#define CALA_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "dns-packet.h"
#include "links.h"

#define NETWORK_GATEWAYS 8u
#define NETWORK_SERVERS 4u
#define GATE_WORDS 40u
#define GATE_ENTRIES 256u
#define MEMBER_ADDRESSES 4u
#define MEMBER_ROUTES 16u
#define MEMBER_NAMES 64u
#define MEMBER_PEERS 32u
/* Longest request to join, and longest configuration. */
#define NETWORK_TEXT_MAX 16384u

struct network;
struct member;

/* Something that the loop waits for; the first field of what it belongs to. */
struct source {
  int fd; /* -1: none */
  void (*ready)(struct network *network, struct source *source);
};

/* Where names that are not ours are asked for. */
struct servers {
  uint32_t count;
  struct ip_prefix address[NETWORK_SERVERS];
};

/* What a gate lets out: an address, or the addresses of a name. */
struct gate_entry {
  struct ip_prefix address; /* family 0: a name */
  const char *name;
  bool is_suffix; /* what lies below the name */
  uint16_t port;  /* 0: any */
};

struct network_config {
  char text[NETWORK_TEXT_MAX];
  const char *name, *driver, *bridge, *mode; /* mode: of macvlan and ipvlan, else NULL */
  struct hardware_address hardware; /* of the bridge; all zero: any */
  uint32_t mtu;
  bool has_dns, is_internal;
  uint32_t gateway_count, subnet_count;
  struct ip_prefix gateways[NETWORK_GATEWAYS], subnets[NETWORK_GATEWAYS];
  struct servers servers; /* of the network's own; none: the host's */
  /* Of a gate (network-gate.c): */
  uint32_t outside_count, allowed_count;
  const char *outside[GATE_WORDS]; /* words of the program that is its way out; none: this is no gate */
  uint32_t grace_seconds; /* for addresses whose answers are no longer good */
  struct ip_prefix guests[2], next_hops[2]; /* IPv4, IPv6; without the latter it carries none */
  struct gate_entry allowed[GATE_ENTRIES];
};

/* One container on the network; its connection is its membership. */
struct member {
  struct source source;
  char *text; /* the request; what follows points into it */
  const char *interface;
  uint32_t link; /* of its end on the bridge; 0: none */
  int inside;    /* netlink socket of the container's namespace, where only that end is ours (macvlan); else -1 */
  uint32_t name_count, address_count, route_count;
  const char *names[MEMBER_NAMES];
  struct ip_prefix addresses[MEMBER_ADDRESSES];
  struct ip_prefix routes[MEMBER_ROUTES], route_gateways[MEMBER_ROUTES];
  uint32_t route_metrics[MEMBER_ROUTES];
  const char *peers_path; /* file with the directories of all networks that it is on, which may change; NULL: none */
  struct hardware_address hardware;
  bool has_hardware, asks_nobody; /* the latter: only names of networks are answered */
  struct servers servers;
  struct member *next;
};

struct forward;

/* A listening address, or the datagram socket on which other networks of a member ask. */
struct listener {
  struct source source;
  bool is_stream;
};

struct network {
  const char *config_path, *dir;
  struct network_config *config;
  int64_t config_time;
  int epoll_fd;
  int failure; /* -errno of its start: told to everybody who would join */
  const char *failure_text;
  int namespace_fd, link_fd; /* of the bridge's namespace */
  int guest_fd; /* namespace of a gate's container; -1: none */
  uint32_t bridge;
  uint32_t joining; /* connected, but has not asked yet */
  uint32_t next_link, rule_count;
  struct source joins;
  struct listener listeners[NETWORK_GATEWAYS * 2 + 1];
  uint32_t listener_count;
  struct member *members;
  struct forward *forwards;
  uint32_t forward_count, turn;
  struct servers host;
  int64_t host_time;
  uint64_t host_inode;
  int64_t slow_until[NETWORK_SERVERS]; /* a server that let us wait is asked second */
};

/* network.c */
void network_watch(struct network *network, struct source *source, uint32_t events);
void network_unwatch(struct network *network, struct source *source);

/* network-config.c */
int network_config_read(struct network *network);
/* Reads it again if the file is another by now. */
void network_config_refresh(struct network *network);
/* Splits "key value" lines in place: the next pair, or false at the end. Lines without a value are passed over. */
bool text_next(char **cursor, char **key, char **value);
void servers_add(struct servers *servers, const char *text);

/* network-member.c */
void network_accept(struct network *network, struct source *source);
/* The member that an address belongs to, or NULL. */
const struct member *member_by_address(const struct network *network, const struct ip_prefix *address);

/* network-bridge.c */
int bridge_create(struct network *network, const char **what);
int bridge_attach(struct network *network, struct member *member, int namespace_fd, const char **what);
void bridge_detach(struct network *network, struct member *member);

/* network-gate.c: does nothing where the network is no gate. */
int gate_open(struct network *network, const char **what);
/* Whether a name may be asked for outside. */
bool gate_allows(const struct network *network, const char *name);
/* The container's namespace, when it has joined. */
void gate_joined(struct network *network, int namespace_fd);
/* Whether addresses of this type can be used. */
bool gate_carries(const struct network *network, uint16_t type);
/* gate-learnt.c: ends what is no longer good; milliseconds until the next time, or -1. */
int gate_patience(struct network *network);
/* Lets packets to the addresses in an answer out. */
void gate_learn(struct network *network, const char *name, const uint8_t *packet, size_t length);

/* dns-names.c: answers from the members; 0 when the name is none of ours. */
size_t names_answer(const struct network *network, const uint8_t *query, const struct dns_question *question, uint8_t *out, size_t room, uint32_t turn);

/* Whether a name is below the domain of containers' names, of which nobody else knows anything. */
bool names_is_own_domain(const char *name);

/* dns-serve.c */
int dns_listen(struct network *network, const char **what);

/* Who asked, and where the answer goes. */
struct asker {
  int fd; /* the listener, or the connection */
  bool is_stream, is_network; /* the latter: another network's process */
  struct sockaddr_storage address;
  socklen_t address_length;
};
void asker_answer(const struct asker *asker, const uint8_t *packet, size_t length);

/* dns-forward.c */
void forward_query(struct network *network, const struct asker *asker, const struct member *member, const uint8_t *query, size_t length);
/* Milliseconds until the next one needs attention; -1: none is under way. */
int forward_patience(struct network *network);
/* A connection has been closed: nobody waits there any more. */
void forward_forget(struct network *network, int stream_fd);

#endif
