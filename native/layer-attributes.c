/* Owner, mode, extended attributes and time: in this order, since a change of owner clears set-id bits and capabilities. */
#define _GNU_SOURCE
#include "layer-place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "layer-base.h"

#define ATTRIBUTE "SCHILY.xattr."

static int refused(const struct layer_place *place, const char *what)
{
  return layer_fail(errno, "layer-write-failed", place->path, "cannot set the %s: %s", what, strerror(errno));
}

/* Sets an attribute by descriptor, or by name below the parent where there is none (links and special files). */
static int put_attribute(const struct layer_place *place, int fd, const char *name, const void *value, size_t length)
{
  char path[64 + NAME_MAX];
  if (fd >= 0)
    return fsetxattr(fd, name, value, length, 0);
  snprintf(path, sizeof path, "/proc/self/fd/%d/%s", place->parent->fd, place->base);
  return lsetxattr(path, name, value, length, 0);
}

static int set_owner(struct layer_job *job, const struct layer_place *place, int fd, int is_new)
{
  const struct tar_entry *entry = &job->reader->entry;
  if (is_new && entry->uid == 0 && entry->gid == 0 && (place->parent == NULL || !place->parent->gives_group))
    return 0;
  if (entry->uid < 0 || entry->gid < 0 || entry->uid >= UINT32_MAX || entry->gid >= UINT32_MAX)
    return layer_fail(EINVAL, "layer-invalid", place->path, "the owner %lld:%lld cannot be", (long long)entry->uid, (long long)entry->gid);
  uid_t uid = job->records_owner ? geteuid() : (uid_t)entry->uid;
  gid_t gid = job->records_owner ? getegid() : (gid_t)entry->gid;
  int result = fd >= 0 ? fchown(fd, uid, gid) : fchownat(place->parent->fd, place->base, uid, gid, AT_SYMLINK_NOFOLLOW);
  if (result < 0 && errno == EINVAL)
    return layer_fail(EINVAL, "layer-id-unmapped", place->path, "the file belongs to %lld:%lld, an id that this user's range of subordinate ids does not reach",
                      (long long)entry->uid, (long long)entry->gid);
  if (result < 0)
    return refused(place, "owner");
  if (!job->records_owner || (entry->uid == 0 && entry->gid == 0))
    return 0;
  char owner[48];
  int length = snprintf(owner, sizeof owner, "%lld:%lld", (long long)entry->uid, (long long)entry->gid);
  if (put_attribute(place, fd, "user.cala.owner", owner, (size_t)length) < 0)
    job->skipped_attributes++;
  return 0;
}

/* What speaks to the storage driver or the host's policy never comes from an image. */
static int is_foreign(const char *name)
{
  return strncmp(name, "user.overlay.", 13) == 0 || strncmp(name, "trusted.", 8) == 0 || strncmp(name, "user.fuseoverlayfs.", 19) == 0 ||
         strncmp(name, "user.cala.", 10) == 0 || strncmp(name, "user.containers.", 16) == 0 || strcmp(name, "security.selinux") == 0;
}

static int set_xattrs(struct layer_job *job, const struct layer_place *place, int fd)
{
  struct tar_pax_record record;
  size_t position = 0;
  while (tar_reader_record(job->reader, &position, &record) == 1) {
    char name[256];
    size_t length;
    const char *key = tar_pax_key_after(&record, ATTRIBUTE, &length);
    if (key == NULL)
      continue;
    if (length >= sizeof name || memchr(key, 0, length) != NULL) {
      job->skipped_attributes++;
      continue;
    }
    memcpy(name, key, length);
    name[length] = 0;
    if (is_foreign(name))
      continue;
    if (strncmp(name, "system.posix_acl_default", 24) == 0)
      job->acl_seen = 1;
    if (put_attribute(place, fd, name, record.value, record.value_length) == 0)
      continue;
    if (errno == ENOSPC || errno == EDQUOT || errno == EIO)
      return refused(place, "extended attributes");
    job->skipped_attributes++;
  }
  return 0;
}

int layer_set_attributes(struct layer_job *job, const struct layer_place *place, int fd, int is_new)
{
  const struct tar_entry *entry = &job->reader->entry;
  /* The tree itself stays this user's, who moves and reads it, and a container's `/` is its root's, who lets everybody in, as in podman: the tar of a
   * directory that mktemp made says otherwise. */
  int is_top = place->base[0] == 0;
  int result = is_top ? 0 : set_owner(job, place, fd, is_new);
  if (result < 0)
    return result;
  int mode_is_set = is_new && entry->type != '5' && (entry->mode & 07000) == 0 && !job->acl_seen;
  if (!mode_is_set && fd >= 0 && fchmod(fd, entry->mode | (is_top ? 0555 : 0)) < 0)
    return refused(place, "mode");
  if (!mode_is_set && fd < 0 && entry->type != '2' && fchmodat(place->parent->fd, place->base, entry->mode, 0) < 0)
    return refused(place, "mode");
  if ((job->reader->local.length > 0 || job->reader->global.length > 0) && (result = set_xattrs(job, place, fd)) < 0)
    return result;
  struct timespec time = {.tv_sec = entry->mtime_seconds, .tv_nsec = entry->mtime_nanoseconds};
  struct timespec times[2] = {time, time};
  if (entry->type == '5')
    return 0;
  result = fd >= 0 ? futimens(fd, times) : utimensat(place->parent->fd, place->base, times, AT_SYMLINK_NOFOLLOW);
  return result < 0 ? refused(place, "time") : 0;
}
