/* A container's resolv.conf, made anew from the host's; the same rules as core/network/resolver.ts. */
#ifndef CALA_RESOLVER_FILE_H
#define CALA_RESOLVER_FILE_H

#include <stddef.h>

/* How a container's file follows the host's; all strings live as long as the plan. */
struct resolver_rules {
  const char *path;      /* the container's file; NULL: it does not follow */
  const char *forwarder; /* address of a forwarder in the container's network, for a host that has loopback servers only; or "" */
  const char *gateway;   /* address that reaches the host's loopback, or "" */
  const char *search;    /* what the user asked for, in place of the host's; or "" */
  const char *options;
  int is_verbatim;       /* the container is in the host's network */
};

#define RESOLVER_TEXT_MAX 8192u

/* The container's text from the host's; `upstream` is the file of a local resolver's own servers, or "". Returns its length, at most
 * RESOLVER_TEXT_MAX. */
size_t resolver_text(const struct resolver_rules *rules, const char *host, const char *upstream, char out[RESOLVER_TEXT_MAX]);

#endif
