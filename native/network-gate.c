/* The gate of a container with --egress: its way out begins in this process's namespace, which belongs to the outer user namespace, so that
 * root of the container has no say here. Packets are routed by rules (ip-rule(8)) that name what is allowed; everything else is prohibited.
 * Addresses of allowed names are added when they are answered. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "netlink.h"
#include "netns.h"
#include "network.h"
#include "rules.h"
#include "sys.h"

enum { PRIORITY_INBOUND = 100, PRIORITY_ALLOWED = 200, PRIORITY_REST = 30000 };
#define OUTSIDE_NAME "out0"
#define OUTSIDE_PATIENCE_MS 10000
#define RULES_MAX 4096u

/* A port means TCP and UDP. */
static int allow(struct network *network, const struct ip_prefix *destination, uint16_t port) {
  static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP};
  struct rule rule = {.interface = network->config->bridge, .destination = destination, .priority = PRIORITY_ALLOWED, .action = RULE_TO_TABLE, .table = RULE_TABLE_MAIN, .port = port};
  if (destination->family != AF_INET) return 0; /* the gate carries IPv4 only */
  if (network->rule_count++ >= RULES_MAX) return -ENOSPC;
  if (!port) return rule_add(network->link_fd, AF_INET, &rule);
  int result = 0;
  for (size_t i = 0; i < sizeof protocols && result == 0; i++) {
    rule.protocol = protocols[i];
    result = rule_add(network->link_fd, AF_INET, &rule);
  }
  return result;
}

static int enable_forwarding(void *data) {
  (void)data;
  AUTO_CLOSE int fd = open("/proc/sys/net/ipv4/ip_forward", O_WRONLY | O_CLOEXEC);
  return fd < 0 || write(fd, "1", 1) != 1 ? -errno : 0;
}

/* pasta gives most of its rights up before it opens the namespace, and then may look at processes of namespaces below its own only: this
 * one is there for nothing else. */
_Noreturn static void become_holder(const struct network *network, pid_t parent, int ready) {
  if (sys_setns(network->namespace_fd, NS_NETWORK) < 0 || sys_unshare(NS_USER) < 0) _exit(1);
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (getppid() != parent || write(ready, "r", 1) != 1) _exit(1);
  sys_close_range(0, ~0u, 0);
  for (;;) pause();
}

static int start_holder(const struct network *network, pid_t *holder) {
  int ready[2];
  char byte;
  pid_t parent = getpid();
  if (pipe2(ready, O_CLOEXEC) < 0) return -errno;
  *holder = fork();
  if (*holder == 0) become_holder(network, parent, ready[1]);
  close(ready[1]);
  ssize_t got = *holder < 0 ? -1 : read(ready[0], &byte, 1);
  close(ready[0]);
  return got == 1 ? 0 : -EPERM;
}

/* `{ns}` in an argument becomes the path of our namespace. */
_Noreturn static void become_outside(const struct network *network, pid_t parent, pid_t holder) {
  const struct network_config *config = network->config;
  char *argv[GATE_WORDS + 1], path[48], *env[] = {NULL};
  snprintf(path, sizeof path, "/proc/%d/ns/net", (int)holder);
  for (uint32_t i = 0; i < config->outside_count; i++) argv[i] = strcmp(config->outside[i], "{ns}") == 0 ? path : (char *)config->outside[i];
  argv[config->outside_count] = NULL;
  for (int number = 1; number < 65; number++) signal(number, SIG_DFL);
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (getppid() != parent) _exit(127);
  sys_close_range(3, ~0u, 4);
  execve(argv[0], argv, env);
  _exit(127);
}

static int await_outside(const struct network *network) {
  for (int waited = 0; waited < OUTSIDE_PATIENCE_MS; waited += 5) {
    int index = link_index(network->link_fd, OUTSIDE_NAME);
    if (index > 0) return index;
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
  }
  return -ETIMEDOUT;
}

static int set_routes(struct network *network) {
  const struct network_config *config = network->config;
  struct ip_prefix any = {.family = AF_INET}, none = {0};
  int outside = await_outside(network);
  if (outside < 0) return outside;
  int result = link_up(network->link_fd, (uint32_t)outside);
  if (result == 0) result = link_set_mtu(network->link_fd, (uint32_t)outside, config->mtu);
  if (result == 0) result = route_add(network->link_fd, (uint32_t)outside, &any, &config->next_hop, 0);
  return result < 0 ? result : route_add(network->link_fd, network->bridge, &config->guest, &none, 0);
}

static int set_rules(struct network *network) {
  const struct network_config *config = network->config;
  struct rule inbound = {.interface = OUTSIDE_NAME, .priority = PRIORITY_INBOUND, .action = RULE_TO_TABLE, .table = RULE_TABLE_MAIN};
  struct rule rest = {.interface = config->bridge, .priority = PRIORITY_REST, .action = RULE_PROHIBIT};
  int result = rule_add(network->link_fd, AF_INET, &rest);
  if (result == 0) result = rule_add(network->link_fd, AF_INET6, &rest);
  if (result == 0) result = rule_add(network->link_fd, AF_INET, &inbound);
  for (uint32_t i = 0; i < config->allowed_count && result == 0; i++)
    if (config->allowed[i].address.family) result = allow(network, &config->allowed[i].address, config->allowed[i].port);
  return result;
}

int gate_open(struct network *network, const char **what) {
  if (network->config->outside_count == 0) return 0;
  *what = "the rules of the gate cannot be set";
  int result = set_rules(network);
  if (result < 0) return result;
  *what = "the container's way out cannot be started";
  pid_t holder = -1, parent = getpid();
  result = start_holder(network, &holder);
  if (result < 0) return result;
  pid_t pid = fork();
  if (pid == 0) become_outside(network, parent, holder);
  if (pid < 0) return -errno;
  result = set_routes(network);
  if (result < 0) return result;
  *what = "packets cannot be forwarded";
  return netns_call(network->namespace_fd, enable_forwarding, NULL);
}

static bool is_below(const char *name, const char *domain) {
  size_t length = strlen(name), suffix = strlen(domain);
  return length > suffix && strcmp(name + length - suffix, domain) == 0 && name[length - suffix - 1] == '.';
}

static bool matches(const struct gate_entry *entry, const char *name) {
  if (!entry->name) return false;
  return entry->is_suffix ? is_below(name, entry->name) : strcmp(name, entry->name) == 0;
}

bool gate_allows(const struct network *network, const char *name) {
  const struct network_config *config = network->config;
  if (config->outside_count == 0) return true;
  for (uint32_t i = 0; i < config->allowed_count; i++)
    if (matches(&config->allowed[i], name)) return true;
  return false;
}

struct learning {
  struct network *network;
  const char *name;
};

/* A name must not lead to the host's loopback or to this process: the way there is the gateway's own network. */
static bool is_ours(const struct network *network, const struct ip_prefix *address) {
  struct ip_prefix near = network->config->guest, link_local = {.family = AF_INET, .length = 16, .bytes = {169, 254}}, loopback = {.family = AF_INET, .length = 8, .bytes = {127}};
  near.length = 24;
  return ip_prefix_contains(&near, address) || ip_prefix_contains(&link_local, address) || ip_prefix_contains(&loopback, address);
}

static void learn_address(void *data, const uint8_t *bytes, size_t length, uint32_t seconds) {
  (void)seconds;
  const struct learning *learning = data;
  struct ip_prefix address = {.family = length == 4 ? AF_INET : AF_INET6, .length = (uint8_t)(length * 8)};
  memcpy(address.bytes, bytes, length);
  if (is_ours(learning->network, &address)) return;
  const struct network_config *config = learning->network->config;
  for (uint32_t i = 0; i < config->allowed_count; i++)
    if (matches(&config->allowed[i], learning->name)) allow(learning->network, &address, config->allowed[i].port);
}

void gate_learn(struct network *network, const char *name, const uint8_t *packet, size_t length) {
  if (network->config->outside_count == 0) return;
  struct learning learning = {network, name};
  dns_each_address(packet, length, learn_address, &learning);
}
