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
#include "launch-key.h"
#include "launch-parts.h"
#include "tree-copy.h"

#define ID_DIGITS (CONTAINER_ID_BYTES - 1)
#define NAME_TRIES 32
#define RECORD "record.json"

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

/* As core/container/random-name.ts. */
static int random_name(const struct template_record *record, char out[CONTAINER_NAME_MAX]) {
  const char *adjectives = (const char *)record->payload, *surnames = adjectives + strlen(adjectives) + 1;
  if (surnames >= (const char *)record->payload + record->bytes) return -EINVAL;
  char first[64], last[64];
  pick_word(adjectives, first, sizeof first);
  pick_word(surnames, last, sizeof last);
  snprintf(out, CONTAINER_NAME_MAX, "%s_%s", first, last);
  return 0;
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
      else if (!fill->name[0]) snprintf(fill->name, sizeof fill->name, "%s", (const char *)record.payload);
      if (result == 0) result = join(link, names, fill->name);
      if (result < 0 || symlink(fill->id, link) == 0) return result;
      if (errno != EEXIST || record.type == DO_NAME) break;
    }
    return -errno;
  }
  return result < 0 ? result : -EINVAL;
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

/* The two numbers, a path and parts that DO_FILE, DO_PLANS and DO_APPEND have. */
static int split(const struct template_record *record, uint32_t *number, char path[PATH_MAX], struct launch_parts *parts) {
  if (record->bytes < 8) return -EINVAL;
  *number = u32_at(record->payload);
  uint32_t length = u32_at(record->payload + 4);
  size_t padded = ((size_t)length + 3) & ~(size_t)3;
  if (length >= PATH_MAX || padded > record->bytes - 8) return -EINVAL;
  memcpy(path, record->payload + 8, length);
  path[length] = 0;
  *parts = (struct launch_parts){record->payload + 8 + padded, record->bytes - 8 - padded};
  return 0;
}

static int make_file(const struct launch_fill *fill, int dir, const struct template_record *record) {
  char path[PATH_MAX];
  uint32_t mode;
  struct launch_parts parts;
  size_t bytes = 0;
  int result = split(record, &mode, path, &parts);
  if (result < 0) return result;
  AUTO_FREE char *text = launch_parts_text(fill, parts, &bytes);
  if (!text) return -EINVAL;
  if (record->type == DO_PLANS) result = launch_plans_change(fill, &text, &bytes);
  if (result < 0) return result;
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

static int make_copy(int dir, const struct template_record *record) {
  const char *path = (const char *)record->payload, *source = path + strlen(path) + 1;
  struct stat status;
  if (source >= path + record->bytes) return -EINVAL;
  AUTO_CLOSE int from = open(source, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (from < 0 || fstat(from, &status) < 0) return -errno;
  AUTO_CLOSE int to = openat(dir, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  return to < 0 ? -errno : tree_copy_data(from, to, (unsigned long long)status.st_size);
}

static int make_content(const struct launch_template *template, const struct launch_fill *fill) {
  AUTO_CLOSE int dir = open(fill->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct template_record record;
  int result = dir < 0 ? -errno : 0;
  for (size_t at = 0; result == 0 && template_next(template, &at, &record);) {
    if (record.type == DO_DIRECTORY) result = make_directory(dir, &record);
    if (record.type == DO_COPY) result = make_copy(dir, &record);
    if (record.type == DO_FILE || record.type == DO_PLANS) result = make_file(fill, dir, &record);
  }
  return result;
}

int launch_notes(const struct launch_template *template, const struct launch_fill *fill, bool only_look) {
  struct template_record record;
  for (size_t at = 0; template_next(template, &at, &record);) {
    if (record.type != DO_APPEND) continue;
    char path[PATH_MAX];
    uint32_t largest;
    struct launch_parts parts;
    struct stat status;
    size_t bytes = 0;
    int result = split(&record, &largest, path, &parts);
    if (result < 0) return result;
    AUTO_CLOSE int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) < 0) return -errno;
    if (status.st_size + (off_t)parts.bytes * 2 + PATH_MAX > (off_t)largest) return -EFBIG;
    if (only_look) continue;
    AUTO_FREE char *text = launch_parts_text(fill, parts, &bytes);
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
  fill->named = result == 0;
  return result < 0 ? result : make_content(template, fill);
}

void launch_undo(struct launch_fill *fill) {
  char name[PATH_MAX], link[PATH_MAX];
  if (fill->named && snprintf(name, sizeof name, "names/%s", fill->name) > 0 && join(link, fill->data, name) == 0) unlink(link);
  if (fill->path[0]) applet_remove_tree(2, (char *[]){"remove-tree", fill->path, NULL});
  if (fill->lock >= 0) close(fill->lock);
  fill->lock = -1;
}

bool launch_places(const struct launch_template *template, struct launch_fill *fill) {
  struct template_record record;
  for (size_t at = 0; template_next(template, &at, &record);) {
    if (record.type != DO_PLACES) continue;
    fill->data = (const char *)record.payload;
    fill->runtime = fill->data + strlen(fill->data) + 1;
    return fill->runtime < fill->data + record.bytes;
  }
  return false;
}

/* Whether a word is one of those that lie one behind the other up to `end`. */
static bool is_among(const char *word, const char *list, const char *end) {
  for (; list < end; list += strlen(list) + 1)
    if (strcmp(word, list) == 0) return true;
  return false;
}

/* As core/spec/validate.ts. */
static bool is_name(const char *name) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  size_t length = strlen(name);
  return length > 0 && length < CONTAINER_NAME_MAX && !strchr("_.-", *name) && strspn(name, letters) == length;
}

/* What is open in the template is taken from the words. False where it cannot be. */
static bool take_open(const struct launch_template *template, char *const *words, struct launch_fill *fill) {
  struct template_record record;
  size_t count = 0;
  while (words[count]) count++;
  for (size_t at = 0; template_next(template, &at, &record);) {
    if (record.type != DO_OPEN) continue;
    if (record.bytes < 12) return false;
    uint32_t flags = u32_at(record.payload), fixed = u32_at(record.payload + 8);
    fill->kept = u32_at(record.payload + 4);
    fill->before = (const char *)record.payload + 12;
    if (flags & OPEN_COMMAND) {
      const char *end = (const char *)record.payload + record.bytes, *special = fill->before + strlen(fill->before) + 1;
      if (fixed >= count || (fill->kept == 0 && is_among(words[fixed], special, end))) return false;
      fill->words = words + fixed;
    }
    if (!(flags & OPEN_NAME)) return true;
    const char *name = launch_name_of(words, fixed);
    if (!name || !is_name(name)) return false;
    snprintf(fill->name, sizeof fill->name, "%s", name);
    return true;
  }
  return true;
}

int launch_fill(const struct launch_template *template, const struct front_environment *environment, char *const *words, struct launch_fill *out) {
  char store[PATH_MAX];
  *out = (struct launch_fill){.lock = -1};
  if (!launch_places(template, out) || !take_open(template, words, out) || join(store, out->data, "lock") < 0) return -EINVAL;
  AUTO_CLOSE int fd = open(store, O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) < 0) return -errno;
  /* Under the lock: what the guards found of layers and images stays. */
  if (!template_holds(template, environment)) return -ESTALE;
  int result = launch_notes(template, out, true);
  if (result < 0) return result;
  result = make_container(template, out);
  if (result < 0) launch_undo(out);
  else launch_notes(template, out, false);
  return result;
}
