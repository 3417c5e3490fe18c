/* Published TCP ports: connections that come to the host's ports are relayed to the container, whose program sees the client's own address. */
#ifndef CALA_PUBLISH_H
#define CALA_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>
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

/* publish-route.c: in the container's network namespace, answers to connections with our mark come back to us, whatever address they go to. The
 * kernel lets accepted connections keep the mark of the packet that opened them. 0 or -errno. */
int publish_route(void);
/* A socket towards the container as the client `peer`; it may be still connecting. A descriptor or -errno. */
int publish_connect(const struct publish_targets *targets, const struct sockaddr_storage *peer, uint16_t port, unsigned attempt);
#define PUBLISH_ATTEMPTS 2u

/* publish-relay.c: takes over an accepted connection. */
void relay_begin(int client, const struct publish_targets *targets, uint16_t port, const struct sockaddr_storage *peer);
/* Goes on with those that had their share of one round; true while there are any. */
bool relay_continue(void);

#endif
