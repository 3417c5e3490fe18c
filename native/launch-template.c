/* See launch-template.h. */
#define _GNU_SOURCE
#include "launch-template.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"

#define HEADER_BYTES 16u
#define VERSION 2u
#define BYTES_MAX (4 << 20)

static uint32_t u32_at(const unsigned char *at) {
  uint32_t value;
  memcpy(&value, at, sizeof value);
  return value;
}

/* Every payload is followed by a NUL: of its padding, of the next record's... or here, at the end. */
static int read_whole(int fd, struct launch_template *out) {
  struct stat status;
  if (fstat(fd, &status) < 0) return -errno;
  if (status.st_uid != geteuid() || !S_ISREG(status.st_mode) || status.st_size < (off_t)HEADER_BYTES || status.st_size > BYTES_MAX) return -EINVAL;
  size_t bytes = (size_t)status.st_size;
  AUTO_FREE unsigned char *memory = malloc(bytes + 4);
  if (!memory) return -ENOMEM;
  memset(memory + bytes, 0, 4);
  /* It is written once, under another name: whatever comes short is damaged. */
  if (read(fd, memory, bytes) != (ssize_t)bytes || memcmp(memory, "CALATMPL", 8) != 0) return -EINVAL;
  if (u32_at(memory + 8) != VERSION || u32_at(memory + 12) != bytes) return -EINVAL;
  *out = (struct launch_template){memory, bytes};
  memory = NULL;
  return 0;
}

/* The records fill the file exactly, and each ends with a NUL. */
static bool is_whole(const struct launch_template *template) {
  size_t at = HEADER_BYTES;
  while (template->bytes - at >= 8) {
    size_t length = u32_at(template->memory + at + 4);
    size_t padded = (length + 4) & ~(size_t)3;
    if (padded > template->bytes - at - 8 || template->memory[at + 8 + length] != 0) return false;
    at += 8 + padded;
  }
  return at == template->bytes;
}

int template_read(const char *path, struct launch_template *out) {
  AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return -errno;
  int result = read_whole(fd, out);
  if (result < 0 || is_whole(out)) return result;
  free(out->memory);
  return -EINVAL;
}

bool template_next(const struct launch_template *template, size_t *at, struct template_record *out) {
  size_t place = *at == 0 ? HEADER_BYTES : *at;
  if (place >= template->bytes) return false;
  const unsigned char *record = template->memory + place;
  *out = (struct template_record){u32_at(record), u32_at(record + 4), record + 8};
  *at = place + 8 + ((out->bytes + 4) & ~(size_t)3);
  return true;
}
