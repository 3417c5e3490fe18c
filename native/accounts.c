#define _GNU_SOURCE
#include "accounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "confined.h"

#define MAX_FILE (4 << 20)
#define MAX_GROUPS 1024

/* The whole file as a string, "" where there is none. Not a device or a FIFO: opening those may hang. */
static char *read_text(int root, const char *path) {
  AUTO_CLOSE int fd = root < 0 ? open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : confined_open(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat status;
  size_t length = 0, size = 0;
  if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size < MAX_FILE) size = (size_t)status.st_size;
  char *text = malloc(size + 1);
  if (!text) return NULL;
  while (length < size) {
    ssize_t count = read(fd, text + length, size - length);
    if (count <= 0) break;
    length += (size_t)count;
  }
  text[length] = 0;
  return text;
}

static bool parse_id(const char *text, size_t length, uint32_t *id) {
  uint64_t value = 0;
  if (length == 0 || length > 10) return false;
  for (size_t i = 0; i < length; i++) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = value * 10 + (uint64_t)(text[i] - '0');
  }
  *id = (uint32_t)value;
  return value < UINT32_MAX;
}

struct field {
  const char *text;
  size_t length;
};

/* Splits the line at *cursor at colons; moves on to the next line. False at the end of the text. */
static bool next_line(const char **cursor, struct field *fields, int count) {
  const char *at = *cursor;
  if (!*at) return false;
  for (int i = 0; i < count; i++) {
    size_t length = strcspn(at, i == count - 1 ? "\n" : ":\n");
    fields[i] = (struct field){at, length};
    at += length;
    if (*at == ':') at++;
  }
  at += strcspn(at, "\n");
  *cursor = *at ? at + 1 : at;
  return true;
}

static bool field_is(struct field field, const char *name, size_t length) {
  return field.length == length && memcmp(field.text, name, length) == 0;
}

static void take_home(struct account *account, struct field home) {
  if (home.length == 0 || home.length >= sizeof account->home) return;
  memcpy(account->home, home.text, home.length);
  account->home[home.length] = 0;
}

/* Fills uid, gid and home; *login receives the user's name within `passwd`, for group membership. */
static int find_user(const char *passwd, const char *user, size_t length, struct account *account, struct field *login) {
  uint32_t id = 0;
  bool numeric = length == 0 || parse_id(user, length, &id);
  struct field fields[7];
  for (const char *cursor = passwd; next_line(&cursor, fields, 7);) {
    uint32_t uid, gid;
    if (!parse_id(fields[2].text, fields[2].length, &uid) || !parse_id(fields[3].text, fields[3].length, &gid)) continue;
    if (!(length && field_is(fields[0], user, length)) && !(numeric && uid == id)) continue;
    account->uid = uid;
    account->gid = gid;
    take_home(account, fields[5]);
    *login = fields[0];
    return 0;
  }
  account->uid = id;
  return numeric ? 0 : -ENOENT;
}

static int find_group(const char *groups, const char *name, size_t length, gid_t *gid) {
  struct field fields[4];
  uint32_t id;
  for (const char *cursor = groups; next_line(&cursor, fields, 4);)
    if (field_is(fields[0], name, length) && parse_id(fields[2].text, fields[2].length, &id)) return *gid = id, 0;
  if (!parse_id(name, length, &id)) return -ENOENT;
  *gid = id;
  return 0;
}

static void add_group(struct account *account, gid_t gid) {
  for (size_t i = 0; i < account->group_count; i++)
    if (account->groups[i] == gid) return;
  if (account->group_count < MAX_GROUPS) account->groups[account->group_count++] = gid;
}

static bool is_member(struct field members, struct field login) {
  const char *at = members.text, *end = at + members.length;
  while (at < end) {
    const char *comma = memchr(at, ',', (size_t)(end - at));
    size_t length = (size_t)((comma ? comma : end) - at);
    if (field_is(login, at, length)) return true;
    at += length + 1;
  }
  return false;
}

static void add_memberships(const char *groups, struct field login, struct account *account) {
  struct field fields[4];
  uint32_t id;
  for (const char *cursor = groups; login.length && next_line(&cursor, fields, 4);)
    if (is_member(fields[3], login) && parse_id(fields[2].text, fields[2].length, &id)) add_group(account, id);
}

static int add_extra(const char *groups, struct plan_list extra, struct account *account) {
  const unsigned char *cursor = extra.first;
  for (uint32_t i = 0; i < extra.count; i++) {
    const char *name = plan_take_string(&cursor);
    gid_t gid;
    if (find_group(groups, name, strlen(name), &gid) < 0) {
      account->problem = "no such group in the container";
      account->problem_name = name;
      return -ENOENT;
    }
    add_group(account, gid);
  }
  return 0;
}

int account_find(int root, const char *user, struct plan_list extra, struct account *account) {
  *account = (struct account){.home = "/", .problem = "no memory", .problem_name = ""};
  AUTO_FREE char *passwd = read_text(root, "/etc/passwd");
  AUTO_FREE char *groups = read_text(root, "/etc/group");
  account->groups = malloc(MAX_GROUPS * sizeof *account->groups);
  if (!passwd || !groups || !account->groups) return -ENOMEM;
  size_t length = strcspn(user, ":");
  const char *group = user[length] == ':' ? user + length + 1 : "";
  struct field login = {"", 0};
  account->problem = "no such user in the container";
  account->problem_name = user;
  if (find_user(passwd, user, length, account, &login) < 0) return -ENOENT;
  account->problem = "no such group in the container";
  account->problem_name = group;
  if (*group && find_group(groups, group, strlen(group), &account->gid) < 0) return -ENOENT;
  add_group(account, account->gid);
  /* As docker: an explicit group replaces the memberships. */
  if (!*group) add_memberships(groups, login, account);
  int result = add_extra(groups, extra, account);
  account->only_own_group = account->group_count == 1;
  return result;
}
