/* Who owns what: files of the container's that must belong to its own root, trees given to its user, and accounts of its users. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "accounts.h"
#include "confined.h"
#include "launch.h"
#include "owner-tree.h"

/* A file or directory that the user made for the container, by the monitor, who is root of every id. */
int run_owner(struct launch *launch, const struct plan_op *op) {
  (void)launch;
  struct op_owner args;
  op_owner_read(op, &args);
  AUTO_CLOSE int fd = open(args.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat status;
  if (fd < 0 || fstat(fd, &status) < 0) return -errno;
  if (status.st_uid == args.uid && status.st_gid == args.gid) return 0;
  if (fchown(fd, args.uid, args.gid) < 0) return -errno;
  return fchmod(fd, status.st_mode & 07777) < 0 ? -errno : 0;
}

static int is_mount_root(int fd) {
  struct sys_statx status;
  int result = sys_statx(fd, &status);
  if (result < 0) return result;
  return status.attributes_mask & STATX_FLAG_MOUNT_ROOT ? (status.attributes & STATX_FLAG_MOUNT_ROOT) != 0 : 1;
}

static int user_of(struct launch *launch, const char *user, struct owner *owner) {
  struct account account;
  int result = account_find(launch->root, user, (struct plan_list){0}, &account);
  if (result < 0) launch_explain(launch, account.problem, account.problem_name);
  *owner = (struct owner){account.uid, account.gid};
  free(account.groups);
  return result == -ENOENT ? -ESRCH : result;
}

/* `:U`. Only what has just been mounted there, never what a link put in its place leads to. */
int run_mount_owner(struct launch *launch, const struct plan_op *op) {
  struct op_mount_owner args;
  op_mount_owner_read(op, &args);
  struct owner_change change = {0};
  int result = user_of(launch, args.user, &change.fixed);
  if (result < 0) return result;
  AUTO_CLOSE int fd = confined_open(launch->root, args.destination, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return fd;
  result = is_mount_root(fd);
  if (result <= 0) return result < 0 ? result : -EXDEV;
  result = owner_tree(fd, &change);
  if (result < 0) launch_explain(launch, "the owner cannot be changed of", change.failed[0] ? change.failed : args.destination);
  return result;
}

/* Whether a line of passwd(5) or group(5) has this name or id. */
static bool has_account(const char *text, const char *line, uint32_t id) {
  size_t name = strcspn(line, ":");
  for (const char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n') {
    if (strncmp(at, line, name + 1) == 0) return true;
    unsigned found;
    int end = 0;
    const char *second = strchr(at, ':');
    const char *third = second ? strchr(second + 1, ':') : NULL;
    if (third && third < at + strcspn(at, "\n") && sscanf(third, ":%u%n", &found, &end) == 1 && third[end] == ':' && found == id) return true;
  }
  return false;
}

/* One more line for an account, unless its name or id is there already. An image without such a file has no names at all. */
int run_account(struct launch *launch, const struct plan_op *op) {
  struct op_account args;
  op_account_read(op, &args);
  AUTO_CLOSE int fd = confined_open(launch->root, args.file, O_RDWR | O_APPEND | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP ? 0 : fd;
  struct stat status;
  if (fstat(fd, &status) < 0) return -errno;
  if (!S_ISREG(status.st_mode) || status.st_size > 4 << 20) return 0;
  size_t size = (size_t)status.st_size, length = 0;
  AUTO_FREE char *text = calloc(size + 1, 1);
  if (!text) return -ENOMEM;
  for (ssize_t count; length < size && (count = pread(fd, text + length, size - length, (off_t)length)) > 0;) length += (size_t)count;
  if (has_account(text, args.line, args.id)) return 0;
  bool ended = length == 0 || text[length - 1] == '\n';
  return dprintf(fd, "%s%s\n", ended ? "" : "\n", args.line) < 0 ? -errno : 0;
}
