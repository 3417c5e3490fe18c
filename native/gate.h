/* The gate of a container with --egress, in its two parts. */
#ifndef CALA_GATE_H
#define CALA_GATE_H

#include "network.h"
#include "rules.h"

/* Priorities of its rules. Numbers decide: what is nearer to the host than the container's own way out is closed before anything is let through. */
enum { GATE_INBOUND = 100, GATE_HOST = 120, GATE_NEAR = 150, GATE_ALLOWED = 200, GATE_REST = 30000 };

/* network-gate.c: packets to an address and a port (0: any) are let through, or no longer. 0 or -errno. */
int gate_let(struct network *network, const struct ip_prefix *destination, uint16_t port, bool is_let);

/* gate-learnt.c: an address is let through for so many seconds, and the grace. */
void gate_learn_address(struct network *network, const struct ip_prefix *address, uint16_t port, uint32_t seconds);

/* gate-announce.c: whoever is at the other end of a link learns that the address is at this one. 0 or -errno. */
int gate_announce(const struct network *network, const char *name, int index, const struct ip_prefix *address, const struct ip_prefix *to);

#endif
