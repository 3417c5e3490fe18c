#define _GNU_SOURCE
#include "netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE_ERROR 2u
#define HEADER_BYTES 16u

int netlink_open(int family) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family);
  return fd < 0 ? -errno : fd;
}

void netlink_put_raw(struct netlink_message *message, const void *data, uint32_t length) {
  uint32_t at = message->used, room = (length + 3u) & ~3u;
  message->used += room;
  if (message->used > NETLINK_MESSAGE_BYTES || message->used < at) return;
  memset(message->bytes + at, 0, room);
  if (length > 0) memcpy(message->bytes + at, data, length);
}

void netlink_begin(struct netlink_message *message, uint16_t type, uint16_t flags, const void *fixed, uint32_t size) {
  uint16_t words[2] = {type, (uint16_t)(flags | NETLINK_FLAG_REQUEST | NETLINK_FLAG_ACK)};
  memset(message->bytes, 0, HEADER_BYTES);
  memcpy(message->bytes + 4, words, sizeof words);
  message->used = HEADER_BYTES;
  netlink_put_raw(message, fixed, size);
}

void netlink_put(struct netlink_message *message, uint16_t attribute, const void *data, uint32_t length) {
  uint16_t words[2] = {(uint16_t)(length + 4u), attribute};
  netlink_put_raw(message, words, sizeof words);
  netlink_put_raw(message, data, length);
}

void netlink_put_text(struct netlink_message *message, uint16_t attribute, const char *text) {
  netlink_put(message, attribute, text, (uint32_t)strlen(text) + 1u);
}

void netlink_put_u32(struct netlink_message *message, uint16_t attribute, uint32_t value) {
  netlink_put(message, attribute, &value, sizeof value);
}

uint32_t netlink_nest(struct netlink_message *message, uint16_t attribute) {
  uint32_t at = message->used;
  netlink_put(message, attribute | NETLINK_NESTED, NULL, 0);
  return at;
}

void netlink_close(struct netlink_message *message, uint32_t nest) {
  if (message->used > NETLINK_MESSAGE_BYTES) return;
  uint16_t length = (uint16_t)(message->used - nest);
  memcpy(message->bytes + nest, &length, sizeof length);
}

/* The kernel answers within the system call; an answer of another type is news that nobody asked for. */
static int read_answer(int fd) {
  for (;;) {
    _Alignas(8) uint8_t answer[8192];
    ssize_t length = recv(fd, answer, sizeof answer, 0);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return -errno;
    uint16_t type;
    int32_t error;
    if (length < (ssize_t)(HEADER_BYTES + sizeof error)) continue;
    memcpy(&type, answer + 4, sizeof type);
    if (type != MESSAGE_ERROR) continue;
    memcpy(&error, answer + HEADER_BYTES, sizeof error);
    return error;
  }
}

int netlink_request(int fd, struct netlink_message *message) {
  if (message->used > NETLINK_MESSAGE_BYTES) return -EMSGSIZE;
  memcpy(message->bytes, &message->used, sizeof message->used);
  ssize_t sent;
  do sent = send(fd, message->bytes, message->used, 0);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : read_answer(fd);
}
