#define _GNU_SOURCE
#include "rules.h"

#include <errno.h>

#include "netlink.h"

enum { NEW_RULE = 32, DELETE_RULE = 33 };
enum { RULE_DESTINATION = 1, RULE_INTERFACE = 3, RULE_PRIORITY = 6, RULE_MARK = 10, RULE_TABLE = 15, RULE_PROTOCOL = 22, RULE_SOURCE_PORTS = 23, RULE_PORTS = 24 };

struct rule_fixed {
  uint8_t family, destination_length, source_length, tos, table, reserved1, reserved2, action;
  uint32_t flags;
};

static int change(int fd, int family, const struct rule *rule, uint16_t type, uint16_t flags) {
  struct netlink_message message;
  struct rule_fixed fixed = {.family = (uint8_t)family, .destination_length = rule->destination ? rule->destination->length : 0, .action = (uint8_t)rule->action};
  netlink_begin(&message, type, flags, &fixed, sizeof fixed);
  if (rule->interface) netlink_put_text(&message, RULE_INTERFACE, rule->interface);
  netlink_put_u32(&message, RULE_PRIORITY, rule->priority);
  if (rule->table) netlink_put_u32(&message, RULE_TABLE, rule->table);
  if (rule->mark) netlink_put_u32(&message, RULE_MARK, rule->mark);
  if (rule->destination && rule->destination->length) netlink_put(&message, RULE_DESTINATION, rule->destination->bytes, ip_bytes(family));
  if (rule->protocol) netlink_put(&message, RULE_PROTOCOL, &rule->protocol, 1);
  uint16_t sources[2] = {rule->source_port, rule->source_port_last ? rule->source_port_last : rule->source_port};
  if (rule->source_port) netlink_put(&message, RULE_SOURCE_PORTS, sources, sizeof sources);
  uint16_t range[2] = {rule->port, rule->port};
  if (rule->port) netlink_put(&message, RULE_PORTS, range, sizeof range);
  return netlink_request(fd, &message);
}

int rule_add(int fd, int family, const struct rule *rule) {
  int result = change(fd, family, rule, NEW_RULE, NETLINK_FLAG_CREATE | NETLINK_FLAG_EXCLUSIVE);
  return result == -EEXIST ? 0 : result;
}

int rule_remove(int fd, int family, const struct rule *rule) {
  int result = change(fd, family, rule, DELETE_RULE, 0);
  return result == -ENOENT ? 0 : result;
}
