/* The gate of a container with --egress: its way out begins in this process's namespace, which belongs to the outer user namespace, so that
 * root of the container has no say here. Packets are routed by rules (ip-rule(8)) that name what is allowed; everything else is prohibited.
 * Addresses of allowed names are added when they are answered (gate-learnt.c). */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "gate.h"
#include "netlink.h"
#include "netns.h"
#include "sys.h"

#define OUTSIDE_NAME "out0"
#define OUTSIDE_PATIENCE_MS 10000
#define RULES_MAX 4096u

static int families_of(const struct network_config *config) {
  return config->guests[1].family ? 2 : 1;
}

/* What is between the container and the world: the helper's own addresses, of which one leads to the host's loopback. */
static struct ip_prefix near_of(const struct network_config *config, int index) {
  struct ip_prefix near = config->guests[index];
  near.length = index == 0 ? 24 : 64;
  return near;
}

static bool is_near(const struct network_config *config, const struct ip_prefix *address) {
  for (int i = 0; i < families_of(config); i++) {
    struct ip_prefix near = near_of(config, i);
    if (ip_prefix_contains(&near, address)) return true;
  }
  return false;
}

/* A port means TCP and UDP. Only a word for the host itself opens what is near. */
int gate_let(struct network *network, const struct ip_prefix *destination, uint16_t port, bool is_let) {
  static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP};
  bool is_host = destination->length == ip_bytes(destination->family) * 8 && is_near(network->config, destination);
  struct rule rule = {.interface = network->config->bridge, .destination = destination, .priority = is_host ? GATE_HOST : GATE_ALLOWED, .action = RULE_TO_TABLE, .table = RULE_TABLE_MAIN, .port = port};
  int (*change)(int, int, const struct rule *) = is_let ? rule_add : rule_remove;
  if (is_let && network->rule_count >= RULES_MAX) return -ENOSPC;
  network->rule_count += is_let ? 1u : -1u;
  if (!port) return change(network->link_fd, destination->family, &rule);
  int result = 0;
  for (size_t i = 0; i < sizeof protocols && result == 0; i++) {
    rule.protocol = protocols[i];
    result = change(network->link_fd, destination->family, &rule);
  }
  return result;
}

struct setting {
  const char *path, *value;
  bool is_needed;
};

static int write_settings(void *data) {
  for (const struct setting *setting = data; setting->path; setting++) {
    AUTO_CLOSE int fd = open(setting->path, O_WRONLY | O_CLOEXEC);
    bool failed = fd < 0 || write(fd, setting->value, strlen(setting->value)) < 0;
    if (failed && setting->is_needed) return -errno;
  }
  return 0;
}

/* Addresses are ready at once: nobody else can have them. */
static int prepare_namespace(struct network *network) {
  struct setting settings[] = {
    {"/proc/sys/net/ipv4/ip_forward", "1", true}, {"/proc/sys/net/ipv6/conf/all/forwarding", "1", false}, {"/proc/sys/net/ipv6/conf/default/accept_dad", "0", false},
    /* Whoever is refused shall hear it, however often. */
    {"/proc/sys/net/ipv4/icmp_ratelimit", "0", false}, {"/proc/sys/net/ipv6/icmp/ratelimit", "0", false}, {NULL},
  };
  return netns_call(network->namespace_fd, write_settings, settings);
}

/* The helper asks who has the container's IPv4 address, and is answered in its place. */
static int answer_for_guest(struct network *network, int outside) {
  struct setting settings[] = {
    {"/proc/sys/net/ipv4/conf/" OUTSIDE_NAME "/proxy_arp", "1", true}, {"/proc/sys/net/ipv4/neigh/" OUTSIDE_NAME "/proxy_delay", "0", false},
    {NULL},
  };
  int result = netns_call(network->namespace_fd, write_settings, settings);
  if (result < 0 || families_of(network->config) == 1) return result;
  return gate_announce(network, OUTSIDE_NAME, outside, &network->config->guests[1], &network->config->next_hops[1]);
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
  int outside = await_outside(network);
  if (outside < 0) return outside;
  int result = link_up(network->link_fd, (uint32_t)outside);
  if (result == 0) result = link_set_mtu(network->link_fd, (uint32_t)outside, config->mtu);
  for (int i = 0; i < families_of(config) && result == 0; i++) {
    struct ip_prefix any = {.family = config->guests[i].family}, none = {0};
    result = route_add(network->link_fd, (uint32_t)outside, &any, &config->next_hops[i], 0);
    if (result == 0) result = route_add(network->link_fd, network->bridge, &config->guests[i], &none, 0);
  }
  return result < 0 ? result : answer_for_guest(network, outside);
}

static int set_rules(struct network *network) {
  const struct network_config *config = network->config;
  struct rule inbound = {.interface = OUTSIDE_NAME, .priority = GATE_INBOUND, .action = RULE_TO_TABLE, .table = RULE_TABLE_MAIN};
  struct rule rest = {.interface = config->bridge, .priority = GATE_REST, .action = RULE_PROHIBIT};
  int result = rule_add(network->link_fd, AF_INET, &rest);
  if (result == 0) result = rule_add(network->link_fd, AF_INET6, &rest);
  for (int i = 0; i < families_of(config) && result == 0; i++) {
    struct ip_prefix near_prefix = near_of(config, i);
    struct rule near = {.interface = config->bridge, .destination = &near_prefix, .priority = GATE_NEAR, .action = RULE_PROHIBIT};
    result = rule_add(network->link_fd, near_prefix.family, &near);
    if (result == 0) result = rule_add(network->link_fd, near_prefix.family, &inbound);
  }
  for (uint32_t i = 0; i < config->allowed_count && result == 0; i++)
    if (config->allowed[i].address.family) result = gate_let(network, &config->allowed[i].address, config->allowed[i].port, true);
  return result;
}

/* Without a way out this process is no good: the monitor starts another, and joins that. */
static void outside_ended(struct network *network, struct source *source) {
  (void)network, (void)source;
  _exit(1);
}

static void watch_outside(struct network *network, pid_t pid) {
  static struct source end = {.fd = -1, .ready = outside_ended};
  end.fd = sys_pidfd_open(pid);
  if (end.fd >= 0) network_watch(network, &end, EPOLLIN);
}

int gate_open(struct network *network, const char **what) {
  network->guest_fd = -1;
  if (network->config->outside_count == 0) return 0;
  *what = "packets cannot be forwarded";
  int result = prepare_namespace(network);
  *what = result < 0 ? *what : "the rules of the gate cannot be set";
  if (result == 0) result = set_rules(network);
  if (result < 0) return result;
  *what = "the container's way out cannot be started";
  pid_t holder = -1, parent = getpid();
  result = start_holder(network, &holder);
  if (result < 0) return result;
  pid_t pid = fork();
  if (pid == 0) become_outside(network, parent, holder);
  if (pid < 0) return -errno;
  result = set_routes(network);
  if (result == 0) watch_outside(network, pid);
  return result;
}

void gate_joined(struct network *network, int namespace_fd) {
  if (network->config->outside_count == 0) return;
  if (network->guest_fd >= 0) close(network->guest_fd);
  network->guest_fd = fcntl(namespace_fd, F_DUPFD_CLOEXEC, 3);
}

bool gate_carries(const struct network *network, uint16_t type) {
  return network->config->outside_count == 0 || type != DNS_AAAA || families_of(network->config) == 2;
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

/* A name must not lead to the host's loopback or to this process, nor to what means something else on the host's side. */
static bool is_ours(const struct network *network, const struct ip_prefix *address) {
  static const struct ip_prefix special[] = {
    {AF_INET, 8, {0}}, {AF_INET, 8, {127}}, {AF_INET, 16, {169, 254}}, {AF_INET, 3, {224}},
    {AF_INET6, 96, {0}}, {AF_INET6, 96, {[10] = 0xff, [11] = 0xff}}, {AF_INET6, 10, {0xfe, 0x80}}, {AF_INET6, 8, {0xff}},
  };
  for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
    if (ip_prefix_contains(&special[i], address)) return true;
  return is_near(network->config, address) || ip_prefix_contains(&network->config->gateways[address->family == AF_INET6], address);
}

static void learn_address(void *data, const uint8_t *bytes, size_t length, uint32_t seconds) {
  const struct learning *learning = data;
  struct ip_prefix address = {.family = length == 4 ? AF_INET : AF_INET6, .length = (uint8_t)(length * 8)};
  memcpy(address.bytes, bytes, length);
  const struct network_config *config = learning->network->config;
  if (is_ours(learning->network, &address) || (length == 16 && families_of(config) == 1)) return;
  for (uint32_t i = 0; i < config->allowed_count; i++)
    if (matches(&config->allowed[i], learning->name)) gate_learn_address(learning->network, &address, config->allowed[i].port, seconds);
}

void gate_learn(struct network *network, const char *name, const uint8_t *packet, size_t length) {
  if (network->config->outside_count == 0) return;
  struct learning learning = {network, name};
  dns_each_address(packet, length, learn_address, &learning);
}
