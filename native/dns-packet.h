/* DNS messages (RFC 1035, RFC 6891): the question is read, answers are written. Nothing here trusts a byte. */
#ifndef CALA_DNS_PACKET_H
#define CALA_DNS_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_HEADER_BYTES 12u
#define DNS_PACKET_MAX 65535u
#define DNS_UDP_DEFAULT 512u
/* More than this in one UDP answer is asked to come over TCP (the size that DNS software agreed on in 2020). */
#define DNS_UDP_LARGEST 1232u

enum { DNS_A = 1, DNS_PTR = 12, DNS_AAAA = 28, DNS_ANY = 255 };
enum { DNS_NOERROR = 0, DNS_FORMERR = 1, DNS_SERVFAIL = 2, DNS_NXDOMAIN = 3, DNS_NOTIMP = 4, DNS_REFUSED = 5 };

struct dns_question {
  char name[256];   /* lower case, without the last dot; empty for the root */
  bool is_plain;    /* no byte of the name needs an escape, so that the text says all */
  uint16_t type;
  uint16_t class;
  size_t end;       /* offset behind the question */
  bool has_options; /* an OPT record: the asker knows EDNS */
  size_t udp_bytes; /* the largest answer that it takes over UDP */
};

/* Reads a query. 0; a DNS error code to answer with; or -1: no answer is due (too short, or an answer itself). */
int dns_read_question(const uint8_t *packet, size_t length, struct dns_question *out);

/* The address that a name in in-addr.arpa or ip6.arpa stands for: its length (4, 16), or 0. */
size_t dns_reverse_address(const char *name, uint8_t out[16]);

/* An answer that is being written. */
struct dns_reply {
  uint8_t *bytes;
  size_t size, used;
  size_t name_at; /* of the question, which records point to */
  uint16_t answers;
  bool is_cut;
};

/* Starts an answer to a query; `room` bytes at `bytes`. The question is copied, so room must hold it and an OPT record (DNS_UDP_DEFAULT does). */
void dns_reply_begin(struct dns_reply *reply, uint8_t *bytes, size_t room, const uint8_t *query, const struct dns_question *question, int code);
void dns_reply_address(struct dns_reply *reply, const uint8_t *address, size_t length);
/* `name`: letters, digits, hyphens, underscores, dots. */
void dns_reply_pointer(struct dns_reply *reply, const char *name);
/* Returns the size of the whole. */
size_t dns_reply_end(struct dns_reply *reply, const struct dns_question *question);

/* The error `code` as an answer; works for whatever dns_read_question refused with a code. */
size_t dns_error_reply(uint8_t *bytes, const uint8_t *query, size_t length, int code);

/* Calls `found` for each A and AAAA record of an answer, with its time to live in seconds. -1: the packet is broken. */
int dns_each_address(const uint8_t *packet, size_t length, void (*found)(void *data, const uint8_t *address, size_t bytes, uint32_t seconds), void *data);

/* The response code of an answer. */
static inline int dns_code(const uint8_t *packet) { return packet[3] & 15; }

#endif
