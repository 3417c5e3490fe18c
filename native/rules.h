/* Policy rules (ip-rule(8)) of the network namespace that a netlink socket belongs to. */
#ifndef CALA_RULES_H
#define CALA_RULES_H

#include "links.h"

enum rule_action { RULE_TO_TABLE = 1, RULE_PROHIBIT = 8 };
#define RULE_TABLE_MAIN 254u

/* Which packets, and what becomes of them; fields that are 0 or NULL do not matter. */
struct rule {
  const char *interface;               /* by which they come in */
  const struct ip_prefix *destination;
  uint32_t priority, mark;
  enum rule_action action;
  uint32_t table;
  uint8_t protocol;
  uint16_t port; /* they go to */
  uint16_t source_port, source_port_last; /* they come from; one alone where there is no last */
};

/* 0, also when there is such a rule already, or -errno. */
int rule_add(int fd, int family, const struct rule *rule);
/* 0, also when there is none, or -errno. */
int rule_remove(int fd, int family, const struct rule *rule);

#endif
