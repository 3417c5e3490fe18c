#define _GNU_SOURCE
#include "owner-tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "applets.h"
#include "cleanup.h"
#include "layer-base.h"
#include "tree-walk.h"

#define MAX_RANGES 340
#define CAPABILITY "security.capability"

static uint32_t moved(const struct owner_range *ranges, size_t count, uint32_t id) {
  for (size_t i = 0; i < count; i++)
    if (id >= ranges[i].from && id - ranges[i].from < ranges[i].count) return ranges[i].to + (id - ranges[i].from);
  return id;
}

struct owner owner_after(const struct owner_change *change, const struct stat *status) {
  if (!change->uids) return change->fixed;
  return (struct owner){moved(change->uids, change->uid_count, status->st_uid), moved(change->gids, change->gid_count, status->st_gid)};
}

/* A change of owner takes the set-id bits and the capabilities of a program; both are put back. */
static int change_file(int dir, const char *name, const struct stat *status, struct owner owner) {
  char path[32];
  unsigned char capability[64];
  ssize_t size = -1;
  AUTO_CLOSE int fd = -1;
  bool program = S_ISREG(status->st_mode) && (status->st_mode & 0111);
  if (program) fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd >= 0) snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  if (fd >= 0) size = getxattr(path, CAPABILITY, capability, sizeof capability);
  if (fchownat(dir, name, owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW) < 0) return -errno;
  if (fd >= 0 && (status->st_mode & 06000) && chmod(path, status->st_mode & 07777) < 0) return -errno;
  return size > 0 && setxattr(path, CAPABILITY, capability, (size_t)size, 0) < 0 ? -errno : 0;
}

static int change_entry(void *context, int dir, const char *name, const struct stat *status) {
  struct owner_change *change = context;
  struct owner owner = owner_after(change, status);
  if (owner.uid == status->st_uid && owner.gid == status->st_gid) return 0;
  change->changed++;
  return change_file(dir, name, status, owner);
}

static int change_content(int fd, struct owner_change *change) {
  struct tree_walk walk = {.visit = change_entry, .context = change};
  int result = tree_walk(&walk, fd);
  if (result < 0) memcpy(change->failed, walk.failed, sizeof change->failed);
  return result;
}

int owner_tree(int fd, struct owner_change *change) {
  struct stat status;
  if (fstat(fd, &status) < 0) return -errno;
  int result = S_ISDIR(status.st_mode) ? change_content(fd, change) : 0;
  struct owner owner = owner_after(change, &status);
  if (result < 0 || (owner.uid == status.st_uid && owner.gid == status.st_gid)) return result;
  if (fchown(fd, owner.uid, owner.gid) < 0) return -errno;
  change->changed++;
  return fchmod(fd, status.st_mode & 07777) < 0 ? -errno : 0;
}

/* `FROM TO COUNT;…` */
static size_t parse_ranges(const char *text, struct owner_range *ranges) {
  size_t count = 0;
  int length;
  while (count < MAX_RANGES && sscanf(text, "%u %u %u%n", &ranges[count].from, &ranges[count].to, &ranges[count].count, &length) == 3) {
    count++;
    text += length;
    if (*text != ';') break;
    text++;
  }
  return count;
}

int owner_change_parse(const char *text, struct owner_change *change) {
  const char *slash = strchr(text, '/');
  struct owner_range *ranges = slash ? calloc(2 * MAX_RANGES, sizeof *ranges) : NULL;
  if (!ranges) return -EINVAL;
  change->uids = ranges;
  change->gids = ranges + MAX_RANGES;
  change->uid_count = parse_ranges(text, ranges);
  change->gid_count = parse_ranges(slash + 1, ranges + MAX_RANGES);
  return change->uid_count && change->gid_count ? 0 : -EINVAL;
}

/* Links and sockets cannot be opened, but given away like anything else. */
static int change_unopened(const char *path, struct owner_change *change) {
  struct stat status;
  if (fstatat(AT_FDCWD, path, &status, AT_SYMLINK_NOFOLLOW) < 0) return errno == ENOENT ? 0 : -errno;
  return change_entry(change, AT_FDCWD, path, &status);
}

static int change_path(const char *path, struct owner_change *change) {
  AUTO_CLOSE int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  int result = fd >= 0 ? owner_tree(fd, change) : errno == ELOOP || errno == ENXIO ? change_unopened(path, change) : -errno;
  if (result == 0) return 0;
  const char *name = change->failed[0] ? change->failed : path;
  return layer_fail(-result, "owner-not-changed", name, "cannot change the owner of \"%s\": %s", name, strerror(-result));
}

/* The applet `owner-tree UID:GID|UIDS/GIDS PATH…`, where UIDS and GIDS are `FROM TO COUNT;…`. */
int applet_owner_tree(int argc, char **argv) {
  struct owner_change change = {0};
  bool is_fixed = argc > 2 && strchr(argv[1], '/') == NULL;
  bool is_right = argc > 2 && (is_fixed ? sscanf(argv[1], "%u:%u", &change.fixed.uid, &change.fixed.gid) == 2 : owner_change_parse(argv[1], &change) == 0);
  if (!is_right) {
    layer_fail(EINVAL, "usage", NULL, "usage: owner-tree UID:GID|UIDS/GIDS PATH…");
    return layer_report_failure();
  }
  for (int i = 2; i < argc; i++)
    if (change_path(argv[i], &change) < 0) return layer_report_failure();
  return 0;
}
