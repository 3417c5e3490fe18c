/* Addresses that names had when they were asked for: they are let through as long as the answer is good, and a grace for programs that keep it. What is
 * connected then goes on: its two ports are let through instead of the address. */
#define _GNU_SOURCE
#include "gate.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netns.h"
#include "timestamp.h"

#define LEARNT_MAX 2048u
#define CONNECTIONS_MAX 256u
#define LOOK_AGAIN_MS 5000
#define LONGEST_SECONDS 86400u

struct connection {
  uint16_t own, other; /* ports */
  bool is_seen;
};

struct learnt {
  struct learnt *next;
  struct ip_prefix address;
  uint16_t port; /* 0: any */
  int64_t until;
  bool is_over; /* only connections are let through */
  uint32_t connection_count;
  struct connection connections[CONNECTIONS_MAX];
};

static struct learnt *all;
static uint32_t learnt_count;

static struct rule rule_of(const struct network *network, const struct learnt *learnt, const struct connection *connection) {
  return (struct rule){.interface = network->config->bridge, .destination = &learnt->address, .priority = GATE_ALLOWED, .action = RULE_TO_TABLE, .table = RULE_TABLE_MAIN,
    .protocol = IPPROTO_TCP, .port = connection->other, .source_port = connection->own};
}

static void let_connection(struct network *network, struct learnt *learnt, uint16_t own, uint16_t other) {
  for (uint32_t i = 0; i < learnt->connection_count; i++)
    if (learnt->connections[i].own == own && learnt->connections[i].other == other) {
      learnt->connections[i].is_seen = true;
      return;
    }
  if (learnt->connection_count == CONNECTIONS_MAX) return;
  struct connection connection = {own, other, true};
  struct rule rule = rule_of(network, learnt, &connection);
  if (rule_add(network->link_fd, learnt->address.family, &rule) == 0) learnt->connections[learnt->connection_count++] = connection;
}

static void end_connections(struct network *network, struct learnt *learnt, bool unseen_only) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < learnt->connection_count; i++) {
    struct connection *connection = &learnt->connections[i];
    struct rule rule = rule_of(network, learnt, connection);
    if (unseen_only && connection->is_seen) learnt->connections[kept++] = (struct connection){connection->own, connection->other, false};
    else rule_remove(network->link_fd, learnt->address.family, &rule);
  }
  learnt->connection_count = kept;
}

static int open_file(void *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

/* One address of /proc/net/tcp or tcp6: words of 32 bits, each in the machine's order. */
static struct ip_prefix table_address(const char *digits) {
  struct ip_prefix address = {.family = strlen(digits) == 8 ? AF_INET : AF_INET6};
  uint32_t words[4] = {0};
  static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
  for (size_t i = 0; i < strlen(digits) / 8 && i < 4; i++) sscanf(digits + 8 * i, "%8x", &words[i]);
  memcpy(address.bytes, words, sizeof words);
  if (address.family == AF_INET6 && memcmp(address.bytes, mapped, sizeof mapped) == 0) {
    address.family = AF_INET;
    memmove(address.bytes, address.bytes + 12, 4);
  }
  address.length = (uint8_t)(ip_bytes(address.family) * 8);
  return address;
}

static void look_at(struct network *network, struct learnt *learnt, const char *line) {
  char digits[33];
  unsigned own, other, state;
  if (sscanf(line, " %*[0-9]: %*[0-9A-F]:%4x %32[0-9A-F]:%4x %2x", &own, digits, &other, &state) != 4) return;
  /* Established, or one side has still something to say (linux/tcp_states.h). */
  bool is_open = state == 1 || state == 4 || state == 5 || state == 8 || state == 9 || state == 11;
  struct ip_prefix address = table_address(digits);
  if (is_open && address.family == learnt->address.family && ip_prefix_contains(&learnt->address, &address) && (!learnt->port || learnt->port == other))
    let_connection(network, learnt, (uint16_t)own, (uint16_t)other);
}

static void look_for_connections(struct network *network, struct learnt *learnt) {
  static char *const tables[] = {"/proc/self/net/tcp", "/proc/self/net/tcp6"};
  for (size_t i = 0; i < 2; i++) {
    char line[512];
    int fd = network->guest_fd < 0 ? -1 : netns_call(network->guest_fd, open_file, tables[i]);
    FILE *table = fd < 0 ? NULL : fdopen(fd, "r");
    if (!table && fd >= 0) close(fd);
    while (table && fgets(line, sizeof line, table)) look_at(network, learnt, line);
    if (table) fclose(table);
  }
}

static struct learnt *find(const struct ip_prefix *address, uint16_t port) {
  struct learnt *learnt = all;
  while (learnt && !(learnt->port == port && learnt->address.family == address->family && ip_prefix_contains(&learnt->address, address))) learnt = learnt->next;
  return learnt;
}

void gate_learn_address(struct network *network, const struct ip_prefix *address, uint16_t port, uint32_t seconds) {
  struct learnt *learnt = find(address, port);
  if (!learnt) {
    learnt = learnt_count < LEARNT_MAX ? calloc(1, sizeof *learnt) : NULL;
    if (!learnt) return;
    *learnt = (struct learnt){.next = all, .address = *address, .port = port, .is_over = true};
    all = learnt;
    learnt_count++;
  }
  int64_t good_ms = (int64_t)(seconds < LONGEST_SECONDS ? seconds : LONGEST_SECONDS) * 1000 + (int64_t)network->config->grace_seconds * 1000;
  int64_t until = timestamp_monotonic_ms() + good_ms;
  if (learnt->is_over || until > learnt->until) learnt->until = until;
  if (!learnt->is_over) return;
  learnt->is_over = gate_let(network, address, port, true) < 0;
  end_connections(network, learnt, false);
}

/* False: there is nothing left of it. */
static bool goes_on(struct network *network, struct learnt *learnt, int64_t now) {
  look_for_connections(network, learnt);
  end_connections(network, learnt, true);
  if (!learnt->is_over) gate_let(network, &learnt->address, learnt->port, false);
  learnt->is_over = true;
  learnt->until = now + LOOK_AGAIN_MS;
  return learnt->connection_count > 0;
}

int gate_patience(struct network *network) {
  int64_t now = timestamp_monotonic_ms(), soonest = INT64_MAX;
  for (struct learnt **at = &all, *learnt; (learnt = *at);) {
    if (learnt->until <= now && !goes_on(network, learnt, now)) {
      *at = learnt->next;
      learnt_count--;
      free(learnt);
      continue;
    }
    if (learnt->until < soonest) soonest = learnt->until;
    at = &learnt->next;
  }
  return soonest == INT64_MAX ? -1 : soonest - now > LOOK_AGAIN_MS ? LOOK_AGAIN_MS : (int)(soonest - now);
}
