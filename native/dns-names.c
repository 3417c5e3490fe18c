/* Names and addresses of the network's members. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/socket.h>

#include "network.h"

/* The search domain that containers get, so that one label is looked up here first. */
#define OWN_DOMAIN ".dns.cala"

static bool has_name(const struct member *member, const char *name, size_t length) {
  for (uint32_t i = 0; i < member->name_count; i++)
    if (strlen(member->names[i]) == length && memcmp(member->names[i], name, length) == 0) return true;
  return false;
}

static bool is_wanted(const struct dns_question *question, int family) {
  return question->type == DNS_ANY || question->type == (family == AF_INET ? DNS_A : DNS_AAAA);
}

static void put_member(struct dns_reply *reply, const struct dns_question *question, const struct member *member) {
  for (uint32_t i = 0; i < member->address_count; i++)
    if (is_wanted(question, member->addresses[i].family)) dns_reply_address(reply, member->addresses[i].bytes, ip_bytes(member->addresses[i].family));
}

/* Several may have one alias: the first of them is another each time. */
static uint32_t put_members(const struct network *network, struct dns_reply *reply, const struct dns_question *question, size_t length, uint32_t turn, uint32_t count) {
  uint32_t seen = 0;
  for (uint32_t round = 0; round < 2; round++) {
    seen = 0;
    for (const struct member *member = network->members; member; member = member->next) {
      if (!has_name(member, question->name, length)) continue;
      bool is_before = count > 0 && seen < turn % count;
      seen++;
      if (count > 0 && is_before == (round == 1)) put_member(reply, question, member);
    }
    if (count == 0) break;
  }
  return seen;
}

static size_t answer_pointer(const struct network *network, const uint8_t *query, const struct dns_question *question, uint8_t *out, size_t room) {
  struct ip_prefix address = {0};
  size_t length = dns_reverse_address(question->name, address.bytes);
  if (length == 0) return 0;
  address.family = length == 4 ? AF_INET : AF_INET6;
  bool is_ours = false;
  for (uint32_t i = 0; i < network->config->subnet_count; i++) is_ours = is_ours || ip_prefix_contains(&network->config->subnets[i], &address);
  if (!is_ours) return 0;
  const struct member *member = member_by_address(network, &address);
  struct dns_reply reply;
  dns_reply_begin(&reply, out, room, query, question, member ? DNS_NOERROR : DNS_NXDOMAIN);
  if (member && member->name_count > 0) dns_reply_pointer(&reply, member->names[0]);
  return dns_reply_end(&reply, question);
}

bool names_is_own_domain(const char *name) {
  size_t length = strlen(name), suffix = sizeof OWN_DOMAIN - 1;
  return length > suffix && strcmp(name + length - suffix, OWN_DOMAIN) == 0;
}

size_t names_answer(const struct network *network, const uint8_t *query, const struct dns_question *question, uint8_t *out, size_t room, uint32_t turn) {
  if (!question->is_plain) return 0;
  if (question->type == DNS_PTR) return answer_pointer(network, query, question, out, room);
  size_t length = strlen(question->name);
  if (names_is_own_domain(question->name)) length -= sizeof OWN_DOMAIN - 1;
  struct dns_reply reply;
  dns_reply_begin(&reply, out, room, query, question, DNS_NOERROR);
  uint32_t count = put_members(network, &reply, question, length, turn, 0);
  if (count == 0) return 0;
  put_members(network, &reply, question, length, turn, count);
  return dns_reply_end(&reply, question);
}
