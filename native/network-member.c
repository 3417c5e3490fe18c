/* Containers join and leave: a connection on which one message came, with the container's network namespace, is a membership. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "network.h"
#include "network-join.h"

/* Whether DNS can carry it as it is. */
static bool is_host_name(const char *name) {
  size_t label = 0, length = 0;
  for (; *name; name++, length++) {
    bool is_plain = (*name >= 'a' && *name <= 'z') || (*name >= '0' && *name <= '9') || *name == '-' || *name == '_';
    if (*name == '.' ? label == 0 : !is_plain || label == 63) return false;
    label = *name == '.' ? 0 : label + 1;
  }
  return label > 0 && length <= 253;
}

static void take_route(struct member *member, char *value) {
  /* DESTINATION GATEWAY METRIC */
  char *gateway = strchr(value, ' '), *metric = gateway ? strchr(gateway + 1, ' ') : NULL;
  uint32_t at = member->route_count;
  if (!metric || at == MEMBER_ROUTES) return;
  *gateway = *metric = 0;
  if (ip_prefix_parse(value, &member->routes[at]) < 0 || ip_prefix_parse(gateway + 1, &member->route_gateways[at]) < 0) return;
  member->route_metrics[at] = (uint32_t)strtoul(metric + 1, NULL, 10);
  member->route_count++;
}

static void take(struct member *member, const char *key, char *value) {
  if (strcmp(key, "interface") == 0) member->interface = value;
  else if (strcmp(key, "hardware") == 0) member->has_hardware = hardware_address_parse(value, &member->hardware) == 0;
  else if (strcmp(key, "route") == 0) take_route(member, value);
  else if (strcmp(key, "server") == 0) servers_add(&member->servers, value);
  else if (strcmp(key, "forward") == 0) member->asks_nobody = strcmp(value, "no") == 0;
  else if (strcmp(key, "name") == 0 && member->name_count < MEMBER_NAMES && is_host_name(value)) member->names[member->name_count++] = value;
  else if (strcmp(key, "peers") == 0) member->peers_path = value;
  else if (strcmp(key, "address") == 0 && member->address_count < MEMBER_ADDRESSES && ip_prefix_parse(value, &member->addresses[member->address_count]) == 0)
    member->address_count++;
}

const struct member *member_by_address(const struct network *network, const struct ip_prefix *address) {
  for (const struct member *member = network->members; member; member = member->next)
    for (uint32_t i = 0; i < member->address_count; i++)
      if (member->addresses[i].family == address->family && memcmp(member->addresses[i].bytes, address->bytes, ip_bytes(address->family)) == 0) return member;
  return NULL;
}

static const char *flaw_of(const struct network *network, const struct member *member) {
  if (!member->interface || strlen(member->interface) > 15 || member->interface[0] == 0) return "the request names no interface";
  for (uint32_t i = 0; i < member->address_count; i++)
    if (member_by_address(network, &member->addresses[i])) return "another container has this address";
  return NULL;
}

static void member_free(struct member *member) {
  if (member->source.fd >= 0) close(member->source.fd);
  free(member->text);
  free(member);
}

/* The connection says nothing more; whatever comes, or its end, is the end of the membership. */
static void member_leaves(struct network *network, struct source *source) {
  struct member *member = (struct member *)source;
  struct member **at = &network->members;
  while (*at && *at != member) at = &(*at)->next;
  if (*at) *at = member->next;
  network_unwatch(network, source);
  bridge_detach(network, member);
  member_free(member);
}

static void answer(int fd, int result, const char *what) {
  struct network_answer answer = {.error = -result};
  if (result < 0) snprintf(answer.text, sizeof answer.text, "%s", what);
  (void)!send(fd, &answer, sizeof answer, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* One message: text and one descriptor. Returns the text's length, or -errno. */
static ssize_t receive(int fd, char *text, size_t size, int *namespace_fd) {
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct iovec part = {text, size - 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
  ssize_t length = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (length < 0) return -errno;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(sizeof(int)))
    memcpy(namespace_fd, CMSG_DATA(header), sizeof *namespace_fd);
  if (length == 0 || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || *namespace_fd < 0) return -EPROTO;
  text[length] = 0;
  return length;
}

static void member_joins(struct network *network, struct source *source) {
  struct member *member = (struct member *)source;
  AUTO_CLOSE int namespace_fd = -1;
  const char *what = "the request cannot be read";
  network_unwatch(network, source);
  network->joining--;
  member->text = malloc(NETWORK_TEXT_MAX);
  ssize_t length = member->text ? receive(source->fd, member->text, NETWORK_TEXT_MAX, &namespace_fd) : -ENOMEM;
  char *cursor = member->text, *key, *value;
  while (length > 0 && text_next(&cursor, &key, &value)) take(member, key, value);
  const char *flaw = length > 0 ? flaw_of(network, member) : NULL;
  int result = length < 0 ? (int)length : flaw ? -EADDRINUSE : network->failure;
  if (result < 0 && result == network->failure) what = network->failure_text;
  if (result == 0) result = bridge_attach(network, member, namespace_fd, &what);
  answer(source->fd, result, flaw ? flaw : what);
  if (result < 0) {
    member_free(member);
    return;
  }
  gate_joined(network, namespace_fd);
  member->next = network->members;
  network->members = member;
  source->ready = member_leaves;
  network_watch(network, source, EPOLLIN);
}

void network_accept(struct network *network, struct source *source) {
  int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  struct member *member = fd < 0 ? NULL : calloc(1, sizeof *member);
  if (!member) {
    if (fd >= 0) close(fd);
    return;
  }
  network->joining++;
  member->inside = -1;
  member->source = (struct source){.fd = fd, .ready = member_joins};
  network_watch(network, &member->source, EPOLLIN);
}
