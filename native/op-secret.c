/* Secrets: files in a tmpfs that only this container has, read-only, on no disk. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "confined.h"
#include "launch.h"
#include "layer-base.h"
#include "mounts.h"
#include "secrets.h"

#define SHIELD (ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC)

/* One file, in a directory of the tmpfs. */
static int write_secret(const struct launch *launch, int directory, const char *name, const struct op_secret *args) {
  AUTO_FREE char *data = NULL;
  size_t length = 0;
  int result = secrets_take(launch->secrets, args->index, &data, &length);
  if (result < 0) return result;
  AUTO_CLOSE int fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return -errno;
  result = layer_write_all(fd, (const unsigned char *)data, length);
  if (result < 0) return result;
  /* EINVAL: the container has no such id; where there is but one, it has the file. */
  if (fchown(fd, args->uid, args->gid) < 0 && errno != EINVAL) return -errno;
  return fchmod(fd, args->mode) < 0 ? -errno : 0;
}

/* Those of one directory share a tmpfs, so that nothing but the directory is left behind in the container's files. */
static int in_directory(struct launch *launch, const struct op_secret *args, const char *directory, const char *name) {
  AUTO_CLOSE int place = confined_make(launch->root, directory, CONFINED_DIRECTORY, 0755);
  if (place < 0) return place;
  if (args->flags & PLAN_SECRET_FLAG_FIRST) {
    AUTO_CLOSE int mount = mount_new("tmpfs", "tmpfs", NULL, SHIELD, NULL);
    if (mount < 0) return mount;
    fchmod(mount, 0755);
    int result = mount_attach(mount, place, 0, 0, 0);
    if (result < 0) return result;
  }
  AUTO_CLOSE int inside = confined_open(launch->root, directory, O_RDONLY | O_DIRECTORY);
  int result = inside < 0 ? inside : write_secret(launch, inside, name, args);
  if (result < 0 || !(args->flags & PLAN_SECRET_FLAG_LAST)) return result;
  result = mount_change(inside, SHIELD | ATTR_RDONLY, 0, 0);
  return result == -ENOSYS ? mount_change_old(inside, SHIELD | ATTR_RDONLY) : result;
}

/* A secret with a place of its own is a file that is mounted there. */
static int on_file(struct launch *launch, const struct op_secret *args) {
  AUTO_CLOSE int mount = mount_new("tmpfs", "tmpfs", NULL, SHIELD, NULL);
  if (mount < 0) return mount;
  AUTO_CLOSE int inside = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (inside < 0) return -errno;
  int result = write_secret(launch, inside, "secret", args);
  if (result < 0) return result;
  AUTO_CLOSE int place = confined_make(launch->root, args->destination, CONFINED_FILE, 0644);
  if (place < 0) return place;
  AUTO_CLOSE int target = mount_copy(mount, "secret", 0);
  return target < 0 ? target : mount_attach(target, place, SHIELD | ATTR_RDONLY, 0, 0);
}

int run_secret(struct launch *launch, const struct plan_op *op) {
  struct op_secret args;
  char directory[4096];
  op_secret_read(op, &args);
  if (!(args.flags & PLAN_SECRET_FLAG_SHARED)) return on_file(launch, &args);
  const char *slash = strrchr(args.destination, '/');
  snprintf(directory, sizeof directory, "%.*s", slash ? (int)(slash - args.destination) : 0, args.destination);
  return slash ? in_directory(launch, &args, directory, slash + 1) : -EINVAL;
}
