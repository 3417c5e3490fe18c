/* Published ports: what comes to the host's ports is relayed to the container, whose program sees the client's own address. */
#ifndef CALA_PUBLISH_H
#define CALA_PUBLISH_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

/* What the loop waits for; the first field of whatever it belongs to. */
struct publish_source {
  void (*ready)(struct publish_source *source, uint32_t events);
};

/* Where a container's program is reached: its own addresses, or its loopback's where it has none. Ports are set for each connection. */
struct publish_targets {
  struct sockaddr_storage address[2]; /* IPv4, IPv6 */
  bool is_transparent;                /* clients' addresses can be taken over */
};

/* publish.c */
extern int publish_epoll;
extern struct publish_targets publish_targets;

/* publish-route.c: in the container's network namespace, answers to connections with our mark come back to us, whatever address they go to. The
 * kernel lets accepted connections keep the mark of the packet that opened them. 0 or -errno. */
int publish_route(void);
/* Packets of UDP from these ports ask for clients' addresses first. 0 or -errno. */
int publish_route_ports(uint16_t first, uint16_t last);
/* Makes a client's address one of the loopback interface for such packets, or no longer. 0 or -errno: its address cannot be borne. */
enum route_change { ROUTE_ADD, ROUTE_REMOVE };
int publish_route_client(const struct sockaddr_storage *client, enum route_change change);
/* A socket in the container's namespace, as the client where it can be. A descriptor or -errno. */
int publish_datagram_socket(const struct sockaddr_storage *client, bool is_borne);
/* Where a client's datagrams go. */
struct sockaddr_storage publish_datagram_target(const struct sockaddr_storage *client, uint16_t port);
/* Where the container's program is tried, for this client: its own family first; the other one is for programs that listen on one only. */
struct sockaddr_storage publish_target(const struct sockaddr_storage *peer, uint16_t port, unsigned attempt);
/* A socket towards the container as the client `peer`; it may be still connecting. A descriptor or -errno. */
int publish_connect(const struct sockaddr_storage *peer, uint16_t port, unsigned attempt);
#define PUBLISH_ATTEMPTS 2u

/* publish-relay.c: takes over an accepted connection. */
void relay_begin(int client, uint16_t port, const struct sockaddr_storage *peer);
/* Goes on with those that had their share of one round; true while there are any. */
bool relay_continue(void);
/* Whether many bytes at once have been relayed since it was asked the last time. */
bool relay_was_bulk(void);

/* publish-datagram.c: takes over a bound socket of the host's. 0 or -errno. */
int datagram_listen(int fd, uint16_t port);
/* Ends what has been idle for too long; milliseconds until the next time, or -1. */
int datagram_patience(void);

/* publish-messages.c: SCTP. What a listening socket needs before it is bound; takes over an accepted association; frees those that have ended. */
void messages_prepare_listener(int fd);
void messages_begin(int client, uint16_t port, const struct sockaddr_storage *peer);
void messages_forget_ended(void);

static inline socklen_t publish_address_length(int family) {
  return family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

static inline uint16_t publish_port(const struct sockaddr_storage *address) {
  return ntohs(address->ss_family == AF_INET ? ((const struct sockaddr_in *)address)->sin_port : ((const struct sockaddr_in6 *)address)->sin6_port);
}

static inline void publish_set_port(struct sockaddr_storage *address, uint16_t port) {
  if (address->ss_family == AF_INET) ((struct sockaddr_in *)address)->sin_port = htons(port);
  else ((struct sockaddr_in6 *)address)->sin6_port = htons(port);
}

#endif
