/* See launch-fill.h. The same steps in the same order as core/container/create.ts: directory, lock, name, files, record. */
#define _GNU_SOURCE
#include "launch-fill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applets.h"
#include "cleanup.h"

#define ID_DIGITS (CONTAINER_ID_BYTES - 1)
#define SHORT_ID_DIGITS 12u
#define NAME_TRIES 32
#define PICKS_MAX 5000
#define RECORD "record.json"

struct words {
  const unsigned char *parts;
  size_t bytes;
};

static uint32_t u32_at(const unsigned char *at) {
  uint32_t value;
  memcpy(&value, at, sizeof value);
  return value;
}

static int join(char out[PATH_MAX], const char *directory, const char *name) {
  int length = snprintf(out, PATH_MAX, "%s/%s", directory, name);
  return length < 0 || length >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* As core/base/id.ts: never all decimal in what is shown of it. */
static int make_id(char out[CONTAINER_ID_BYTES]) {
  unsigned char bytes[ID_DIGITS / 2];
  do {
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) return -EIO;
    for (size_t i = 0; i < sizeof bytes; i++) sprintf(out + 2 * i, "%02x", bytes[i]);
  } while (strspn(out, "0123456789") >= SHORT_ID_DIGITS);
  return 0;
}

static uint32_t random_below(uint32_t limit) {
  uint64_t number = 0;
  (void)!getrandom(&number, 6, 0);
  return (uint32_t)(number % limit);
}

static void pick_word(const char *list, char *out, size_t size) {
  uint32_t count = 1;
  for (const char *at = list; *at; at++) count += *at == ' ';
  for (uint32_t skip = random_below(count); skip > 0; skip--) list = strchr(list, ' ') + 1;
  snprintf(out, size, "%.*s", (int)strcspn(list, " "), list);
}

/* As core/container/random-name.ts, but of the length that the template's name had: a plan is a file of lengths and offsets, in which words
 * of the same length only can take each other's place. */
static int random_name(const struct template_record *record, char out[CONTAINER_NAME_MAX]) {
  if (record->bytes < 4) return -EINVAL;
  const char *adjectives = (const char *)record->payload + 4, *surnames = adjectives + strlen(adjectives) + 1;
  if (surnames >= (const char *)record->payload + record->bytes) return -EINVAL;
  for (int picks = 0; picks < PICKS_MAX; picks++) {
    char first[64], last[64];
    pick_word(adjectives, first, sizeof first);
    pick_word(surnames, last, sizeof last);
    if (strlen(first) + 1 + strlen(last) != u32_at(record->payload)) continue;
    snprintf(out, CONTAINER_NAME_MAX, "%s_%s", first, last);
    return 0;
  }
  return -EINVAL;
}

/* The names of others are left alone, stale ones too: those are Node's business. */
static int take_name(const struct launch_template *template, struct launch_fill *fill) {
  struct template_record record;
  char link[PATH_MAX], names[PATH_MAX];
  int result = join(names, fill->data, "names");
  for (size_t at = 0; result == 0 && template_next(template, &at, &record);) {
    if (record.type != DO_NAME && record.type != DO_NAMES) continue;
    for (int attempt = 0; attempt < NAME_TRIES; attempt++) {
      if (record.type == DO_NAMES) result = random_name(&record, fill->name);
      else snprintf(fill->name, sizeof fill->name, "%s", (const char *)record.payload);
      if (result == 0) result = join(link, names, fill->name);
      if (result < 0 || symlink(fill->id, link) == 0) return result;
      if (errno != EEXIST || record.type == DO_NAME) break;
    }
    return -errno;
  }
  return result < 0 ? result : -EINVAL;
}

static size_t part_text(const struct launch_fill *fill, const unsigned char *part, const char **out) {
  uint32_t kind = u32_at(part);
  *out = kind == PART_ID || kind == PART_SHORT_ID ? fill->id : kind == PART_NAME ? fill->name : fill->time;
  switch (kind) {
    case PART_ID: return ID_DIGITS;
    case PART_SHORT_ID: return SHORT_ID_DIGITS;
    case PART_NAME: return strlen(fill->name);
    case PART_TIME: return sizeof "2026-11-21T04:01:57.123" - 1;
    case PART_PRECISE_TIME: return sizeof "2026-11-21T04:01:57.123456" - 1;
    default: *out = (const char *)part + 8; return u32_at(part + 4);
  }
}

/* The bytes that the parts come to, for the caller to free; NULL where they are damaged or there is no memory. */
static char *put_together(const struct launch_fill *fill, struct words words, size_t *bytes) {
  size_t capacity = words.bytes * 8 + 4096, length = 0;
  char *out = malloc(capacity);
  for (size_t at = 0; out && at + 8 <= words.bytes;) {
    const char *text;
    size_t size = part_text(fill, words.parts + at, &text), stored = u32_at(words.parts + at + 4);
    if (stored > words.bytes - at - 8 || size > capacity - length) {
      free(out);
      return NULL;
    }
    memcpy(out + length, text, size);
    length += size;
    at += 8 + ((stored + 3) & ~(size_t)3);
  }
  *bytes = length;
  return out;
}

static int write_all(int fd, const char *text, size_t bytes) {
  while (bytes > 0) {
    ssize_t count = write(fd, text, bytes);
    if (count < 0) return -errno;
    text += count;
    bytes -= (size_t)count;
  }
  return 0;
}

/* The two numbers, a path and parts that DO_FILE and DO_APPEND have. */
static int split(const struct template_record *record, uint32_t *number, char path[PATH_MAX], struct words *words) {
  if (record->bytes < 8) return -EINVAL;
  *number = u32_at(record->payload);
  uint32_t length = u32_at(record->payload + 4);
  size_t padded = ((size_t)length + 3) & ~(size_t)3;
  if (length >= PATH_MAX || padded > record->bytes - 8) return -EINVAL;
  memcpy(path, record->payload + 8, length);
  path[length] = 0;
  *words = (struct words){record->payload + 8 + padded, record->bytes - 8 - padded};
  return 0;
}

static int make_file(const struct launch_fill *fill, int dir, const struct template_record *record) {
  char path[PATH_MAX];
  uint32_t mode;
  struct words words;
  size_t bytes = 0;
  int result = split(record, &mode, path, &words);
  if (result < 0) return result;
  AUTO_FREE char *text = put_together(fill, words, &bytes);
  if (!text) return -EINVAL;
  /* The record makes a directory a container: it is there as a whole or not at all. */
  bool is_record = strcmp(path, RECORD) == 0;
  const char *name = is_record ? RECORD ".tmp" : path;
  AUTO_CLOSE int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0) return -errno;
  result = write_all(fd, text, bytes);
  return result == 0 && is_record && renameat(dir, name, dir, path) < 0 ? -errno : result;
}

static int make_directory(int dir, const struct template_record *record) {
  if (record->bytes < 4) return -EINVAL;
  const char *path = (const char *)record->payload + 4;
  uint32_t mode = u32_at(record->payload);
  if (mkdirat(dir, path, mode) < 0) return -errno;
  struct stat status;
  if (fstatat(dir, path, &status, AT_SYMLINK_NOFOLLOW) < 0) return -errno;
  return (status.st_mode & 07777) == mode || fchmodat(dir, path, mode, 0) == 0 ? 0 : -errno;
}

static int make_content(const struct launch_template *template, const struct launch_fill *fill) {
  AUTO_CLOSE int dir = open(fill->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct template_record record;
  int result = dir < 0 ? -errno : 0;
  for (size_t at = 0; result == 0 && template_next(template, &at, &record);) {
    if (record.type == DO_DIRECTORY) result = make_directory(dir, &record);
    if (record.type == DO_FILE) result = make_file(fill, dir, &record);
  }
  return result;
}

/* What is noted elsewhere: before the container is made, whether there is room for it; afterwards, the note itself. */
static int append_notes(const struct launch_template *template, const struct launch_fill *fill, bool only_look) {
  struct template_record record;
  for (size_t at = 0; template_next(template, &at, &record);) {
    if (record.type != DO_APPEND) continue;
    char path[PATH_MAX];
    uint32_t largest;
    struct words words;
    struct stat status;
    size_t bytes = 0;
    int result = split(&record, &largest, path, &words);
    if (result < 0) return result;
    AUTO_CLOSE int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) < 0) return -errno;
    if (status.st_size + (off_t)words.bytes * 2 + PATH_MAX > (off_t)largest) return -EFBIG;
    if (only_look) continue;
    AUTO_FREE char *text = put_together(fill, words, &bytes);
    (void)!write(fd, text ? text : "", bytes); /* a note that cannot be written is no reason to fail */
  }
  return 0;
}

static int make_container(const struct launch_template *template, struct launch_fill *fill) {
  char relative[PATH_MAX], lock[PATH_MAX];
  int result = make_id(fill->id);
  if (result == 0) result = snprintf(relative, sizeof relative, "containers/%s", fill->id) < 0 ? -EINVAL : join(fill->path, fill->data, relative);
  if (result == 0) result = join(lock, fill->path, "lock");
  if (result < 0) return result;
  timestamp_now(fill->time);
  if (mkdir(fill->path, 0711) < 0) return -errno;
  fill->lock = open(lock, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fill->lock < 0 || flock(fill->lock, LOCK_EX | LOCK_NB) < 0) return -errno;
  result = take_name(template, fill);
  if (result < 0) fill->name[0] = 0;
  return result < 0 ? result : make_content(template, fill);
}

void launch_undo(struct launch_fill *fill) {
  char name[PATH_MAX], link[PATH_MAX];
  if (fill->name[0] && snprintf(name, sizeof name, "names/%s", fill->name) > 0 && join(link, fill->data, name) == 0) unlink(link);
  if (fill->path[0]) applet_remove_tree(2, (char *[]){"remove-tree", fill->path, NULL});
  if (fill->lock >= 0) close(fill->lock);
  fill->lock = -1;
}

static bool find_places(const struct launch_template *template, struct launch_fill *fill) {
  struct template_record record;
  for (size_t at = 0; template_next(template, &at, &record);) {
    if (record.type != DO_PLACES) continue;
    fill->data = (const char *)record.payload;
    fill->runtime = fill->data + strlen(fill->data) + 1;
    return fill->runtime < fill->data + record.bytes;
  }
  return false;
}

int launch_fill(const struct launch_template *template, const struct front_environment *environment, struct launch_fill *out) {
  char store[PATH_MAX];
  *out = (struct launch_fill){.lock = -1};
  if (!find_places(template, out) || join(store, out->data, "lock") < 0) return -EINVAL;
  AUTO_CLOSE int fd = open(store, O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) < 0) return -errno;
  /* Under the lock: what the guards found of layers and images stays. */
  if (!template_holds(template, environment)) return -ESTALE;
  int result = append_notes(template, out, true);
  if (result < 0) return result;
  result = make_container(template, out);
  if (result < 0) launch_undo(out);
  else append_notes(template, out, false);
  return result;
}
