/* Bytes of any kind against the reader of DNS messages. With clang a libFuzzer target; with -DSELF_DRIVING `fuzz-dns SECONDS` makes its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dns-packet.h"
#include "fuzz-random.h"

static volatile uint64_t sink;

static void touch(void *data, const uint8_t *address, size_t bytes, uint32_t seconds) {
  (void)data;
  for (size_t i = 0; i < bytes; i++) sink += address[i] + seconds;
}

/* Answers as the server would, into memory of exactly the room that it has. */
static void answer(const uint8_t *packet, const struct dns_question *question, size_t room) {
  uint8_t *bytes = malloc(room), address[16] = {0};
  if (!bytes) return;
  struct dns_reply reply;
  dns_reply_begin(&reply, bytes, room, packet, question, DNS_NOERROR);
  if (dns_reverse_address(question->name, address)) dns_reply_pointer(&reply, "some-container.a-network");
  for (int i = 0; i < 100; i++) dns_reply_address(&reply, address, i % 2 ? 4 : 16);
  size_t used = dns_reply_end(&reply, question);
  if (used > room || dns_each_address(bytes, used, touch, NULL) < 0) abort();
  free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct dns_question question;
  if (size > DNS_PACKET_MAX) return 0;
  uint8_t *packet = malloc(size ? size : 1);
  if (!packet) return 0;
  memcpy(packet, data, size);
  int code = dns_read_question(packet, size, &question);
  if (code == DNS_NOERROR) {
    if (strlen(question.name) > 253 || question.end > size) abort();
    answer(packet, &question, DNS_UDP_DEFAULT);
    answer(packet, &question, DNS_UDP_LARGEST);
  } else if (code > 0) {
    uint8_t bytes[DNS_UDP_DEFAULT];
    if (dns_error_reply(bytes, packet, size, code) < DNS_HEADER_BYTES) abort();
  }
  dns_each_address(packet, size, touch, NULL);
  free(packet);
  return 0;
}

#ifdef SELF_DRIVING
/* A packet takes some microseconds; so much of a processor's time is a loop that its sender controls. */
#define LONGEST_NS 500000000

static int64_t processor_ns(void) {
  struct timespec used;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return used.tv_sec * INT64_C(1000000000) + used.tv_nsec;
}

static void read_in_time(const uint8_t *data, size_t size) {
  int64_t before = processor_ns();
  LLVMFuzzerTestOneInput(data, size);
  if (processor_ns() - before < LONGEST_NS) return;
  fprintf(stderr, "a packet of %zu bytes takes too long\n", size);
  abort();
}

/* As large as can be, of one byte or two in turn: pointers to each other, empty names, longest labels; with as many records as can be told. */
static void read_largest(void) {
  static uint8_t packet[DNS_PACKET_MAX];
  static const uint8_t fillings[][2] = {{0xc0, 12}, {0xc0, 0xff}, {0, 0}, {1, 'a'}, {63, 63}, {0xff, 0xff}};
  for (size_t i = 0; i < sizeof fillings / sizeof fillings[0]; i++)
    for (unsigned flags = 0; flags < 2; flags++) {
      for (size_t at = 0; at < sizeof packet; at++) packet[at] = fillings[i][at % 2];
      memcpy(packet, (uint8_t[]){1, 2, (uint8_t)(flags * 0x80), 0, (uint8_t)(flags * 0xff), (uint8_t)(flags ? 0xff : 1), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 12);
      read_in_time(packet, sizeof packet);
    }
}

static uint32_t next_random(void) {
  return (uint32_t)(fuzz_random() >> 16);
}

/* Queries and answers as they come, with names up to the longest, pointers and an OPT record. */
static size_t sample(uint8_t *out) {
  static const uint8_t head[] = {1, 2, 1, 0, 0, 1, 0, 2, 0, 0, 0, 1};
  memcpy(out, head, sizeof head);
  size_t at = sizeof head;
  for (uint32_t labels = next_random() % 5; labels > 0; labels--) {
    uint32_t length = 1 + next_random() % 63;
    out[at++] = (uint8_t)length;
    for (uint32_t i = 0; i < length; i++) out[at++] = (uint8_t)(next_random() % 3 ? 'a' + next_random() % 26 : next_random());
  }
  static const uint8_t reverse[] = "\1" "4\1" "3\1" "2\1" "1\7in-addr\4arpa";
  if (next_random() % 4 == 0) memcpy(out + at, reverse, sizeof reverse - 1), at += sizeof reverse - 1;
  static const uint8_t rest[] = {0, 0, 1, 0, 1, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4, 0xc0, 12, 0, 28, 0, 1, 0, 0, 0, 9, 0, 16,
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0};
  memcpy(out + at, rest, sizeof rest);
  return at + sizeof rest;
}

int main(int argc, char **argv) {
  if (argc < 2) return fprintf(stderr, "usage: fuzz-dns SECONDS\n"), 2;
  time_t end = time(NULL) + atoi(argv[1]);
  uint64_t runs = 0;
  read_largest();
  while (time(NULL) < end)
    for (int i = 0; i < 10000; i++, runs++) {
      static uint8_t work[1024];
      size_t size = sample(work);
      for (uint32_t count = next_random() % 4; count > 0; count--) work[next_random() % size] = (uint8_t)(next_random() % 2 ? next_random() : 0xc0u | next_random() % 64);
      if (next_random() % 4 == 0) size = next_random() % size;
      if (next_random() % 2) work[2] &= 0x7f;
      read_in_time(work, size);
    }
  printf("%llu packets\n", (unsigned long long)runs);
  return 0;
}
#endif
