/* The container's IPv6 address is made known to the program that is the gate's way out: libslirp learns addresses only from the sender's address of
 * messages (RFC 4861, 4.4), which is another one when the kernel answers in the place of somebody else. */
#define _GNU_SOURCE
#include "gate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cleanup.h"
#include "netns.h"

#define PROTOCOL_IPV6 0x86dd
#define NEIGHBOUR_ADVERTISEMENT 136

struct link_address { /* struct sockaddr_ll */
  uint16_t family, protocol;
  int32_t index;
  uint16_t hardware_type;
  uint8_t packet_type, length, bytes[8];
};

struct advertisement {
  uint8_t destination[6], source[6], ether_type[2];
  uint8_t version[4], length[2], next_header, hops, from[16], to[16];
  uint8_t type, code, checksum[2], flags[4], target[16], option_type, option_length, hardware[6];
};

struct announcement {
  int index;
  const char *name;
  const struct ip_prefix *address, *to;
};

/* RFC 4443, 2.3: over the addresses, the length, the protocol and the message. */
static uint16_t checksum_of(const struct advertisement *message) {
  uint32_t sum = IPPROTO_ICMPV6 + message->length[1];
  for (const uint8_t *at = message->from; at < (const uint8_t *)(message + 1); at += 2) sum += (uint32_t)(at[0] << 8 | at[1]);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

static int send_inside(void *data) {
  const struct announcement *announcement = data;
  struct ifreq request = {0};
  AUTO_CLOSE int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  strncpy(request.ifr_name, announcement->name, sizeof request.ifr_name - 1);
  if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &request) < 0) return -errno;
  struct advertisement message = {.destination = {0x33, 0x33, 0, 0, 0, 1}, .ether_type = {0x86, 0xdd}, .version = {0x60}, .length = {0, 32}, .next_header = IPPROTO_ICMPV6, .hops = 255,
    .type = NEIGHBOUR_ADVERTISEMENT, .flags = {0x20}, .option_type = 2, .option_length = 1};
  memcpy(message.source, request.ifr_hwaddr.sa_data, 6);
  memcpy(message.hardware, request.ifr_hwaddr.sa_data, 6);
  memcpy(message.from, announcement->address->bytes, 16);
  memcpy(message.target, announcement->address->bytes, 16);
  memcpy(message.to, announcement->to->bytes, 16);
  uint16_t checksum = htons(checksum_of(&message));
  memcpy(message.checksum, &checksum, sizeof checksum);
  struct link_address to = {.family = AF_PACKET, .protocol = htons(PROTOCOL_IPV6), .index = announcement->index, .length = 6};
  return sendto(fd, &message, sizeof message, 0, (struct sockaddr *)&to, sizeof to) < 0 ? -errno : 0;
}

int gate_announce(const struct network *network, const char *name, int index, const struct ip_prefix *address, const struct ip_prefix *to) {
  struct announcement announcement = {index, name, address, to};
  return netns_call(network->namespace_fd, send_inside, &announcement);
}
