#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "copy-in.h"
#include "tree-archive.h"

#define ATTRIBUTE "SCHILY.xattr."

static void set_xattrs(struct copying_in *copying, int fd)
{
  struct tar_pax_record record;
  size_t position = 0, length;
  char name[256];
  while (fd >= 0 && tar_reader_record(&copying->reader, &position, &record) == 1) {
    const char *key = tar_pax_key_after(&record, ATTRIBUTE, &length);
    if (key == NULL || length >= sizeof name)
      continue;
    memcpy(name, key, length);
    name[length] = 0;
    /* A file system that has no such attributes is no reason to fail, as with cp -p. */
    if (!tree_attribute_is_private(name))
      (void)fsetxattr(fd, name, record.value, record.value_length, 0);
  }
}

static int note_time(struct copying_in *copying, const char *name, struct timespec time)
{
  struct copy_directory *grown = realloc(copying->directories, (copying->directory_count + 1) * sizeof *grown);
  if (grown == NULL)
    return -ENOMEM;
  copying->directories = grown;
  char clean[LAYER_PATH_MAX], *path = NULL;
  if (layer_clean_name(name, clean) < 0)
    return -EINVAL;
  const char *rest = strchr(clean, '/');
  if (copying->first_name[0] == 0)
    path = strdup(clean);
  else if (asprintf(&path, "%s%s", copying->first_name, rest ? rest : "") < 0)
    path = NULL;
  copying->directories[copying->directory_count++] = (struct copy_directory){path, time};
  return path == NULL ? -ENOMEM : 0;
}

int copy_in_attributes(struct copying_in *copying, int parent, const char *base, int fd)
{
  const struct tar_entry *entry = &copying->reader.entry;
  uid_t uid = copying->keeps_ids ? (uid_t)entry->uid : copying->uid;
  gid_t gid = copying->keeps_ids ? (gid_t)entry->gid : copying->gid;
  int result = fd >= 0 ? fchown(fd, uid, gid) : fchownat(parent, base, uid, gid, AT_SYMLINK_NOFOLLOW);
  /* EINVAL: an id that the namespace does not have (one of a single id has one); EPERM: a file system with one owner. */
  if (result < 0 && errno != EINVAL && errno != EPERM)
    return -errno;
  if (entry->type != '2' && (fd >= 0 ? fchmod(fd, entry->mode & 07777) : fchmodat(parent, base, entry->mode & 07777, 0)) < 0)
    return -errno;
  set_xattrs(copying, fd);
  struct timespec time = {.tv_sec = entry->mtime_seconds, .tv_nsec = entry->mtime_nanoseconds}, times[2] = {time, time};
  if (entry->type == '5')
    return note_time(copying, entry->name, time);
  result = fd >= 0 ? futimens(fd, times) : utimensat(parent, base, times, AT_SYMLINK_NOFOLLOW);
  return result < 0 && errno != EPERM ? -errno : 0;
}

int copy_in_directory_times(struct copying_in *copying)
{
  for (size_t i = copying->directory_count; i-- > 0;) {
    struct timespec times[2] = {copying->directories[i].time, copying->directories[i].time};
    int fd = sys_openat2(copying->directory, copying->directories[i].path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0, RESOLVE_FLAG_BENEATH | RESOLVE_FLAG_NO_SYMLINKS);
    if (fd >= 0) {
      (void)futimens(fd, times);
      close(fd);
    }
    free(copying->directories[i].path);
  }
  return 0;
}
