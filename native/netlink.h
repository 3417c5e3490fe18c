/* Messages to the kernel's netlink families, built and answered one at a time. musl has no kernel headers: the numbers stand here. */
#ifndef CALA_NETLINK_H
#define CALA_NETLINK_H

#include <stdint.h>

#define NETLINK_MESSAGE_BYTES 2048u

struct netlink_message {
  _Alignas(8) uint8_t bytes[NETLINK_MESSAGE_BYTES];
  uint32_t used; /* grows past the end when there is no room; netlink_request says so */
};

#define NETLINK_FLAG_REQUEST 1u
#define NETLINK_FLAG_ACK 4u
#define NETLINK_FLAG_EXCLUSIVE 0x200u
#define NETLINK_FLAG_CREATE 0x400u
#define NETLINK_FLAG_REPLACE 0x100u
#define NETLINK_FLAG_APPEND 0x800u
#define NETLINK_NESTED 0x8000u

#define NETLINK_FAMILY_ROUTE 0
#define NETLINK_FAMILY_NETFILTER 12

/* A socket of the calling process's network namespace, or -errno. */
int netlink_open(int family);

/* Starts a message with its fixed part. */
void netlink_begin(struct netlink_message *message, uint16_t type, uint16_t flags, const void *fixed, uint32_t size);
void netlink_put(struct netlink_message *message, uint16_t attribute, const void *data, uint32_t length);
void netlink_put_text(struct netlink_message *message, uint16_t attribute, const char *text);
void netlink_put_u32(struct netlink_message *message, uint16_t attribute, uint32_t value);
/* Attributes within an attribute: what netlink_nest returned goes to netlink_close. */
uint32_t netlink_nest(struct netlink_message *message, uint16_t attribute);
void netlink_close(struct netlink_message *message, uint32_t nest);
/* Bytes that are no attribute. */
void netlink_put_raw(struct netlink_message *message, const void *data, uint32_t length);

/* Sends it and waits for the kernel's word: 0 or -errno. */
int netlink_request(int fd, struct netlink_message *message);

#endif
