#define _GNU_SOURCE
#include "dns-packet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASS_INTERNET = 1, TYPE_OPTIONS = 41, FLAG_RESPONSE = 0x80, FLAG_CUT = 0x02, FLAG_RECURSION_DESIRED = 0x01, FLAG_RECURSION_AVAILABLE = 0x80 };
enum { LABEL_MAX = 63, NAME_WIRE_MAX = 255 };
#define OPTIONS_BYTES 11u

static uint16_t u16_at(const uint8_t *at) {
  return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t u32_at(const uint8_t *at) {
  return (uint32_t)u16_at(at) << 16 | u16_at(at + 2);
}

static void put_u16(uint8_t *at, unsigned value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}

static bool is_plain_byte(uint8_t byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
}

/* The name at `at`; a question's name has no pointers (they could only lead into the header). Returns the offset behind it, or 0. */
static size_t read_name(const uint8_t *packet, size_t length, size_t at, struct dns_question *out) {
  size_t used = 0, wire = 1;
  out->is_plain = true;
  while (at < length) {
    size_t label = packet[at++];
    if (label == 0) {
      out->name[used] = 0;
      return at;
    }
    wire += label + 1;
    if (label > LABEL_MAX || wire > NAME_WIRE_MAX || label > length - at) return 0;
    if (used > 0) out->name[used++] = '.';
    for (size_t i = 0; i < label; i++) {
      uint8_t byte = packet[at + i];
      if (byte >= 'A' && byte <= 'Z') byte = (uint8_t)(byte + 'a' - 'A');
      out->is_plain = out->is_plain && is_plain_byte(byte);
      out->name[used++] = byte ? (char)byte : '?';
    }
    at += label;
  }
  return 0;
}

/* Passes over a name that may end in a pointer; pointers are not followed, so there are no loops. 0: broken. */
static size_t skip_name(const uint8_t *packet, size_t length, size_t at) {
  while (at < length) {
    uint8_t label = packet[at];
    if (label == 0) return at + 1;
    if ((label & 0xc0) == 0xc0) return at + 2 <= length ? at + 2 : 0;
    if (label > LABEL_MAX) return 0;
    at += (size_t)label + 1;
  }
  return 0;
}

struct record {
  uint16_t type, class;
  uint32_t seconds;
  const uint8_t *data;
  uint16_t bytes;
};

/* Returns the offset behind the record, or 0. */
static size_t read_record(const uint8_t *packet, size_t length, size_t at, struct record *out) {
  at = skip_name(packet, length, at);
  if (at == 0 || length - at < 10) return 0;
  *out = (struct record){u16_at(packet + at), u16_at(packet + at + 2), u32_at(packet + at + 4), packet + at + 10, u16_at(packet + at + 8)};
  return length - at - 10 < out->bytes ? 0 : at + 10 + out->bytes;
}

static void read_options(const uint8_t *packet, size_t length, struct dns_question *out) {
  unsigned count = u16_at(packet + 6) + u16_at(packet + 8) + u16_at(packet + 10);
  size_t at = out->end;
  for (struct record record; count > 0 && (at = read_record(packet, length, at, &record)) != 0; count--) {
    if (record.type != TYPE_OPTIONS) continue;
    out->has_options = true;
    out->udp_bytes = record.class < DNS_UDP_DEFAULT ? DNS_UDP_DEFAULT : record.class;
    return;
  }
}

int dns_read_question(const uint8_t *packet, size_t length, struct dns_question *out) {
  *out = (struct dns_question){.udp_bytes = DNS_UDP_DEFAULT};
  if (length < DNS_HEADER_BYTES || (packet[2] & FLAG_RESPONSE)) return -1;
  if ((packet[2] >> 3 & 15) != 0) return DNS_NOTIMP;
  if (u16_at(packet + 4) != 1) return DNS_FORMERR;
  size_t at = read_name(packet, length, DNS_HEADER_BYTES, out);
  if (at == 0 || length - at < 4) return DNS_FORMERR;
  out->type = u16_at(packet + at);
  out->class = u16_at(packet + at + 2);
  out->end = at + 4;
  read_options(packet, length, out);
  return DNS_NOERROR;
}

/* `4.3.2.1` as far as `end`. */
static size_t reverse_ipv4(const char *name, const char *end, uint8_t out[16]) {
  for (int i = 3; i >= 0; i--) {
    char *after;
    if (*name < '0' || *name > '9') return 0;
    unsigned long byte = strtoul(name, &after, 10);
    if (byte > 255 || after > end || (i > 0 && *after != '.')) return 0;
    out[i] = (uint8_t)byte;
    name = after + 1;
  }
  return name == end + 1 ? 4 : 0;
}

static int hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

size_t dns_reverse_address(const char *name, uint8_t out[16]) {
  const char *end = strstr(name, ".in-addr.arpa");
  if (end && strcmp(end, ".in-addr.arpa") == 0) return reverse_ipv4(name, end, out);
  if (strlen(name) != 72 || strcmp(name + 63, ".ip6.arpa") != 0) return 0;
  for (int i = 0; i < 32; i++) {
    int digit = hex_digit(name[i * 2]);
    if (digit < 0 || name[i * 2 + 1] != '.') return 0;
    uint8_t *byte = &out[15 - i / 2];
    *byte = (uint8_t)(i % 2 ? *byte | digit << 4 : digit);
  }
  return 16;
}

void dns_reply_begin(struct dns_reply *reply, uint8_t *bytes, size_t room, const uint8_t *query, const struct dns_question *question, int code) {
  *reply = (struct dns_reply){.bytes = bytes, .size = room - OPTIONS_BYTES, .used = question->end, .name_at = DNS_HEADER_BYTES};
  memcpy(bytes, query, question->end);
  memset(bytes + 6, 0, 6);
  bytes[2] = (uint8_t)(FLAG_RESPONSE | (query[2] & FLAG_RECURSION_DESIRED));
  bytes[3] = (uint8_t)(FLAG_RECURSION_AVAILABLE | code);
}

/* A record of the question's own name, up to its data; false and nothing written where it does not fit. */
static bool put_record(struct dns_reply *reply, unsigned type, size_t length) {
  if (reply->is_cut || reply->size - reply->used < 12 + length) {
    reply->is_cut = true;
    return false;
  }
  uint8_t *at = reply->bytes + reply->used;
  put_u16(at, 0xc000u | (unsigned)reply->name_at);
  put_u16(at + 2, type);
  put_u16(at + 4, CLASS_INTERNET);
  memset(at + 6, 0, 4); /* not to be kept: the next container of this name has another address */
  put_u16(at + 10, (unsigned)length);
  reply->used += 12;
  reply->answers++;
  return true;
}

void dns_reply_address(struct dns_reply *reply, const uint8_t *address, size_t length) {
  if (!put_record(reply, length == 4 ? DNS_A : DNS_AAAA, length)) return;
  memcpy(reply->bytes + reply->used, address, length);
  reply->used += length;
}

void dns_reply_pointer(struct dns_reply *reply, const char *name) {
  size_t length = strlen(name);
  if (length == 0 || length > 253 || !put_record(reply, DNS_PTR, length + 2)) return;
  uint8_t *at = reply->bytes + reply->used;
  while (*name) {
    size_t label = strcspn(name, ".");
    *at++ = (uint8_t)label;
    memcpy(at, name, label);
    at += label;
    name += label + (name[label] == '.');
  }
  *at = 0;
  reply->used += length + 2;
}

size_t dns_reply_end(struct dns_reply *reply, const struct dns_question *question) {
  put_u16(reply->bytes + 6, reply->answers);
  if (reply->is_cut) reply->bytes[2] |= FLAG_CUT;
  if (question->has_options) {
    uint8_t *at = reply->bytes + reply->used;
    memset(at, 0, OPTIONS_BYTES);
    put_u16(at + 1, TYPE_OPTIONS);
    put_u16(at + 3, DNS_UDP_LARGEST);
    put_u16(reply->bytes + 10, 1);
    reply->used += OPTIONS_BYTES;
  }
  return reply->used;
}

size_t dns_error_reply(uint8_t *bytes, const uint8_t *query, size_t length, int code) {
  struct dns_question question;
  bool whole = dns_read_question(query, length, &question) == DNS_NOERROR;
  memmove(bytes, query, whole ? question.end : DNS_HEADER_BYTES);
  bytes[2] = (uint8_t)(FLAG_RESPONSE | (query[2] & (FLAG_RECURSION_DESIRED | 0x78)));
  bytes[3] = (uint8_t)(FLAG_RECURSION_AVAILABLE | code);
  memset(bytes + 4, 0, 8);
  put_u16(bytes + 4, whole);
  return whole ? question.end : DNS_HEADER_BYTES;
}

int dns_each_address(const uint8_t *packet, size_t length, void (*found)(void *, const uint8_t *, size_t, uint32_t), void *data) {
  if (length < DNS_HEADER_BYTES) return -1;
  size_t at = DNS_HEADER_BYTES;
  for (unsigned questions = u16_at(packet + 4); questions > 0; questions--) {
    at = skip_name(packet, length, at);
    if (at == 0 || length - at < 4) return -1;
    at += 4;
  }
  for (unsigned answers = u16_at(packet + 6); answers > 0; answers--) {
    struct record record;
    at = read_record(packet, length, at, &record);
    if (at == 0) return -1;
    if (record.class != CLASS_INTERNET) continue;
    if ((record.type == DNS_A && record.bytes == 4) || (record.type == DNS_AAAA && record.bytes == 16)) found(data, record.data, record.bytes, record.seconds);
  }
  return 0;
}
