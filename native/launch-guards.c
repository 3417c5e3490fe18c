/* Whether what a launch was decided by is still so. A guard that cannot be checked does not hold. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cleanup.h"
#include "launch-template.h"

#define CONTENT_MAX 65536

static const char *text_at(const struct template_record *record, size_t offset) {
  return offset <= record->bytes ? (const char *)record->payload + offset : "";
}

/* What follows the first NUL. */
static const char *second_text(const struct template_record *record) {
  return text_at(record, strlen((const char *)record->payload) + 1);
}

static bool same_variable(const struct template_record *record, const struct front_environment *environment) {
  const char *text = text_at(record, 0), *equals = strchr(text, '=');
  if (!equals) return front_environment_get(environment, text) == NULL;
  char name[256];
  if (equals - text >= (ptrdiff_t)sizeof name) return false;
  memcpy(name, text, (size_t)(equals - text));
  name[equals - text] = 0;
  const char *value = front_environment_get(environment, name);
  return value && strcmp(value, equals + 1) == 0;
}

static uint64_t nanoseconds(struct timespec time) { return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec; }

static bool same_status(const struct template_record *record) {
  uint64_t then[TEMPLATE_STATUS_NUMBERS];
  if (record->bytes < sizeof then) return false;
  memcpy(then, record->payload, sizeof then);
  struct stat now;
  if (fstatat(AT_FDCWD, text_at(record, sizeof then), &now, then[0] & STATUS_OF_LINK ? AT_SYMLINK_NOFOLLOW : 0) < 0) return false;
  bool lasts = now.st_dev == then[1] && now.st_ino == then[2] && now.st_mode == then[3] && now.st_uid == then[4] && now.st_gid == then[5] && now.st_rdev == then[6];
  if (!lasts || then[0] & STATUS_LASTING) return lasts;
  return (uint64_t)now.st_size == then[7] && nanoseconds(now.st_mtim) == then[8] && nanoseconds(now.st_ctim) == then[9];
}

static bool still_absent(const struct template_record *record) {
  return access(text_at(record, 0), F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR);
}

static bool same_access(const struct template_record *record) {
  uint32_t then[2];
  if (record->bytes < sizeof then) return false;
  memcpy(then, record->payload, sizeof then);
  return (access(text_at(record, sizeof then), (int)then[0]) == 0) == (then[1] != 0);
}

/* The columns with reference count and uses count packets. */
static size_t without_counters(char *text, size_t length) {
  size_t kept = 0;
  int column = 0;
  bool in_word = false;
  for (size_t i = 0; i < length; i++) {
    bool blank = text[i] == ' ' || text[i] == '\n';
    if (!blank && !in_word) column++;
    in_word = !blank;
    if (text[i] == '\n') column = 0;
    if (blank ? text[i] == '\n' : column != 7 && column != 8) text[kept++] = text[i];
  }
  return kept;
}

static bool same_content(const struct template_record *record, bool counters) {
  const char *path = text_at(record, 0), *then = second_text(record);
  size_t offset = strlen(path) + 1, length = 0;
  if (offset > record->bytes) return false;
  AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
  AUTO_FREE char *now = malloc(CONTENT_MAX);
  if (fd < 0 || !now) return false;
  for (ssize_t count = 1; count > 0; length += (size_t)count) {
    if (length == CONTENT_MAX) return false;
    count = read(fd, now + length, CONTENT_MAX - length);
    if (count < 0) return false;
  }
  if (counters) length = without_counters(now, length);
  return length == record->bytes - offset && memcmp(now, then, length) == 0;
}

static bool same_link(const struct template_record *record) {
  char target[PATH_MAX];
  ssize_t length = readlink(text_at(record, 0), target, sizeof target - 1);
  const char *then = second_text(record);
  if (length < 0) return *then == 0;
  target[length] = 0;
  return strcmp(target, then) == 0;
}

static bool same_real(const struct template_record *record) {
  char found[PATH_MAX];
  bool exists = realpath(text_at(record, 0), found) != NULL;
  return strcmp(exists ? found : "", second_text(record)) == 0;
}

static bool same_system(const struct template_record *record) {
  uint64_t then;
  struct statfs now;
  if (record->bytes < sizeof then) return false;
  memcpy(&then, record->payload, sizeof then);
  return (statfs(text_at(record, sizeof then), &now) < 0 ? 0 : (uint64_t)now.f_type) == then;
}

static bool same_place(const struct template_record *record) {
  char now[PATH_MAX];
  return getcwd(now, sizeof now) && strcmp(now, text_at(record, 0)) == 0;
}

static bool holds(const struct template_record *record, const struct front_environment *environment) {
  switch (record->type) {
    case GUARD_VARIABLE: return same_variable(record, environment);
    case GUARD_FILE: return same_status(record);
    case GUARD_ABSENT: return still_absent(record);
    case GUARD_ACCESS: return same_access(record);
    case GUARD_CONTENT: return same_content(record, false);
    case GUARD_ROUTES: return same_content(record, true);
    case GUARD_LINK: return same_link(record);
    case GUARD_REAL: return same_real(record);
    case GUARD_SYSTEM: return same_system(record);
    case GUARD_PLACE: return same_place(record);
    default: return record->type >= DO_PLACES && record->type <= DO_FACTS;
  }
}

bool template_holds(const struct launch_template *template, const struct front_environment *environment) {
  struct template_record record;
  for (size_t at = 0; template_next(template, &at, &record);)
    if (!holds(&record, environment)) return false;
  return true;
}
