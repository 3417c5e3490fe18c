/* Bytes of any kind against the tar reader and the split reader. With clang a libFuzzer target; with -DSELF_DRIVING
 * `fuzz-layer SECONDS FILE…` mutates tars and split files. What the reader shows and the payloads must add up to the input. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "fuzz-random.h"
#include "layer-base.h"
#include "layer-split.h"
#include "layer-tree.h"
#include "tar-reader.h"

#define INPUT_MAX (1u << 18)

static volatile uint64_t sink;

struct seen {
  struct split_writer split;
  uint64_t raw;
};

static int observe(void *context, enum tar_raw kind, const unsigned char *bytes, size_t length)
{
  struct seen *seen = context;
  seen->raw += length;
  return split_write_raw(&seen->split, kind, bytes, length);
}

static int take_entry(struct tar_reader *reader, struct seen *seen, uint64_t *payload)
{
  char clean[LAYER_PATH_MAX];
  struct tar_entry *entry = &reader->entry;
  struct tar_pax_record record;
  size_t position = 0;
  sink += strlen(entry->name) + strlen(entry->link_name);
  while (tar_reader_record(reader, &position, &record) == 1)
    for (size_t i = 0; i < record.value_length; i++)
      sink += (unsigned char)record.value[i];
  if (entry->type != '0' || layer_clean_name(entry->name, clean) < 0)
    return 0;
  uint64_t sum = 0;
  for (size_t i = 0; i < entry->segment_count; i++)
    sum += entry->segments[i].length;
  if (entry->segments != NULL && sum != entry->stored_bytes)
    abort();
  if (entry->stored_bytes > 0 && split_write_payload(&seen->split, clean, entry->segments, entry->segment_count, entry->stored_bytes) < 0)
    abort();
  while (entry->stored_bytes > 0) {
    const unsigned char *bytes;
    int64_t there = tar_reader_payload(reader, &bytes);
    if (there < 0)
      return (int)there;
    sink += bytes[there - 1];
    *payload += (uint64_t)there;
    tar_reader_consume(reader, (size_t)there);
  }
  return 0;
}

/* The split of an accepted archive, read back, has the archive's size. */
static void check_split(int fd, uint64_t size)
{
  struct split_reader reader;
  struct split_item item = {0};
  uint64_t total = 0;
  if (lseek(fd, 0, SEEK_SET) < 0 || split_reader_open(&reader, fd) < 0)
    abort();
  while (item.token != SPLIT_END) {
    if (split_read(&reader, &item) < 0)
      abort();
    if (item.token == SPLIT_RAW || item.token == SPLIT_ZEROS)
      total += item.number;
    for (uint64_t i = 0; item.token == SPLIT_PAYLOAD && i < item.number; i++) {
      struct tar_segment segment;
      if (split_read_segment(&reader, &segment) < 0)
        abort();
      total += segment.length;
    }
  }
  if (item.number != size || total != size)
    abort();
  split_reader_close(&reader);
}

static void try_tar(unsigned char *bytes, size_t length)
{
  static int fd = -1;
  struct tar_stream stream;
  struct tar_reader reader;
  struct seen seen = {0};
  uint64_t payload = 0;
  if (fd < 0)
    fd = memfd_create("split", MFD_CLOEXEC);
  if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0 || split_writer_open(&seen.split, fd) < 0)
    abort();
  tar_stream_open_memory(&stream, bytes, length);
  tar_reader_open(&reader, &stream, observe, &seen);
  int result;
  while ((result = tar_reader_next(&reader)) == 1)
    if ((result = take_entry(&reader, &seen, &payload)) < 0)
      break;
  if (result == 0) {
    if (seen.raw + payload != length || split_writer_finish(&seen.split) < 0)
      abort();
    check_split(fd, length);
  }
  split_writer_close(&seen.split);
  tar_reader_close(&reader);
}

static void try_split(const unsigned char *bytes, size_t length)
{
  struct split_reader reader;
  struct split_item item = {0};
  int fd = memfd_create("mutated", MFD_CLOEXEC);
  if (layer_write_all(fd, bytes, length) < 0 || lseek(fd, 0, SEEK_SET) < 0)
    abort();
  int result = split_reader_open(&reader, fd);
  while (result == 0 && item.token != SPLIT_END && (result = split_read(&reader, &item)) == 0) {
    if (item.token == SPLIT_RAW && item.number > 0)
      sink += item.bytes[item.number - 1];
    if (item.name != NULL)
      sink += strlen(item.name);
  }
  split_reader_close(&reader);
  close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
  if (length >= 8 && memcmp(data, SPLIT_MAGIC, 8) == 0) {
    try_split(data, length);
    return 0;
  }
  unsigned char *copy = malloc(length + 1); /* exactly sized, so that the sanitizer sees one byte too far */
  if (copy == NULL)
    return 0;
  memcpy(copy, data, length);
  try_tar(copy, length);
  free(copy);
  return 0;
}

#ifdef SELF_DRIVING
static uint64_t next_random(uint64_t below)
{
  uint64_t number = fuzz_random();
  return below == 0 ? 0 : number % below;
}

/* Headers whose checksum is wrong are refused at once: most mutated ones get a right one. */
static void mend_checksums(unsigned char *bytes, size_t length)
{
  for (size_t at = 0; at + 512 <= length; at += 512) {
    if (memcmp(bytes + at + 257, "ustar", 5) != 0)
      continue;
    unsigned sum = 8 * ' ';
    for (size_t i = 0; i < 512; i++)
      sum += i >= 148 && i < 156 ? 0 : bytes[at + i];
    char text[8];
    snprintf(text, sizeof text, "%06o", sum & 0777777);
    memcpy(bytes + at + 148, text, 7);
  }
}

static size_t mutate(unsigned char *bytes, size_t length)
{
  static const char *const words[] = {"99999999999", "\x80\0\0\0\0\0\0\0\1", "\xff\xff\xff\xff\xff\xff\xff\xff", "0 a=b\n", "1048577 ", "GNU.sparse.major=1\n", "path=", "../..", ".wh.", "-1"};
  for (uint64_t count = 1 + next_random(6); count > 0 && length > 0; count--) {
    size_t at = next_random(length);
    switch (next_random(6)) {
      case 0: bytes[at] = (unsigned char)next_random(256); break;
      case 1: bytes[at] ^= (unsigned char)(1u << next_random(8)); break;
      case 2: bytes[(at & ~(size_t)511) + 156 < length ? (at & ~(size_t)511) + 156 : at] = (unsigned char)"0125xgLKS7"[next_random(10)]; break;
      case 3: length = length > 512 && next_random(4) == 0 ? at : length; break;
      case 4: {
        size_t from = next_random(length), piece = next_random(600);
        if (from + piece < length && at + piece < length)
          memmove(bytes + at, bytes + from, piece);
        break;
      }
      default: {
        const char *word = words[next_random(sizeof words / sizeof *words)];
        for (size_t i = 0; word[i] != 0 && at + i < length; i++)
          bytes[at + i] = (unsigned char)word[i];
      }
    }
  }
  return length;
}

int main(int argc, char **argv)
{
  static unsigned char seed[INPUT_MAX], bytes[INPUT_MAX];
  time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 5);
  uint64_t rounds = 0;
  while (argc > 2 && time(NULL) < end) {
    for (int i = 2; i < argc; i++) {
      int fd = open(argv[i], O_RDONLY | O_CLOEXEC);
      ssize_t length = fd < 0 ? -1 : read(fd, seed, sizeof seed);
      if (length < 0)
        return 1;
      close(fd);
      for (int round = 0; round < 200; round++, rounds++) {
        memcpy(bytes, seed, (size_t)length);
        size_t size = mutate(bytes, (size_t)length);
        if (next_random(8) != 0)
          mend_checksums(bytes, size);
        LLVMFuzzerTestOneInput(bytes, size);
      }
    }
  }
  printf("%llu rounds\n", (unsigned long long)rounds);
  return 0;
}
#endif
