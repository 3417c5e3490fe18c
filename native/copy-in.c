/* The applet `copy-in VIEW PATH [--into] [--user USER] [--keep-ids] [--overwrite]`: unpacks the tar on standard input. Its first name
 * becomes the last component of PATH; with --into PATH is a directory that exists and names stay. Owners are this user's, those that the
 * container gives USER, or with --keep-ids the archive's. Nothing below PATH is reached through a link. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/xattr.h>

#include "applets.h"
#include "copy-in.h"
#include "copy-view.h"
#include "layer-base.h"
#include "tree-copy.h"

static int failed(const char *path, int error)
{
  return layer_fail(error, "path-not-written", path, "%s", strerror(error));
}

/* The name of an entry below the directory that everything goes to. */
static int place_name(const struct copying_in *copying, const char *name, char out[LAYER_PATH_MAX])
{
  char clean[LAYER_PATH_MAX];
  int result = layer_clean_name(name, clean);
  if (result < 0)
    return result;
  const char *rest = strchr(clean, '/');
  int length = copying->first_name[0] == 0 ? snprintf(out, LAYER_PATH_MAX, "%s", clean)
                                           : snprintf(out, LAYER_PATH_MAX, "%s%s", copying->first_name, rest ? rest : "");
  return length >= LAYER_PATH_MAX ? -ENAMETOOLONG : 0;
}

static int open_below(int root, const char *path)
{
  return sys_openat2(root, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0, RESOLVE_FLAG_BENEATH | RESOLVE_FLAG_NO_SYMLINKS | RESOLVE_FLAG_NO_MAGICLINKS);
}

/* The directory of an entry, made where the archive does not name it. */
static int open_parent(struct copying_in *copying, char *path, const char **base)
{
  char *slash = strrchr(path, '/');
  *base = slash ? slash + 1 : path;
  if (slash == NULL)
    return fcntl(copying->directory, F_DUPFD_CLOEXEC, 0);
  *slash = 0;
  int fd = open_below(copying->directory, path);
  for (char *at = strchr(path, '/'); fd == -ENOENT; at = at ? strchr(at + 1, '/') : NULL) {
    if (at)
      *at = 0;
    if (mkdirat(copying->directory, path, 0755) < 0 && errno != EEXIST)
      fd = -errno;
    if (at)
      *at = '/';
    else if (fd == -ENOENT) {
      fd = open_below(copying->directory, path);
      break;
    }
  }
  return fd;
}

/* Room for an entry: what is there goes, unless both are directories. 1: there is a directory already. */
static int make_room(struct copying_in *copying, int parent, const char *base)
{
  struct stat status;
  const struct tar_entry *entry = &copying->reader.entry;
  if (fstatat(parent, base, &status, AT_SYMLINK_NOFOLLOW) < 0)
    return errno == ENOENT ? 0 : -errno;
  int is_directory = S_ISDIR(status.st_mode), wants_directory = entry->type == '5';
  if (is_directory && wants_directory)
    return 1;
  if (is_directory != wants_directory && !copying->overwrites)
    return layer_fail(EEXIST, "path-not-overwritten", entry->name, is_directory ? "cannot overwrite a directory with something else" : "cannot overwrite something else with a directory");
  if (is_directory)
    return tree_remove_at(parent, base);
  if (unlinkat(parent, base, 0) == 0)
    return 0;
  /* Something is mounted on this very file: its content can be replaced, its name cannot. */
  return errno == EBUSY && S_ISREG(status.st_mode) && (entry->type == '0') ? 2 : -errno;
}

static int write_payload(struct copying_in *copying, int fd)
{
  struct tar_entry *entry = &copying->reader.entry;
  struct tar_segment whole = {0, entry->stored_bytes};
  const struct tar_segment *segments = entry->segments == NULL ? &whole : entry->segments;
  size_t count = entry->segments == NULL ? (entry->stored_bytes > 0) : entry->segment_count;
  for (size_t i = 0; i < count; i++) {
    for (struct tar_segment rest = segments[i]; rest.length > 0;) {
      const unsigned char *bytes;
      int64_t there = tar_reader_payload(&copying->reader, &bytes);
      if (there < 0)
        return (int)there;
      size_t piece = (uint64_t)there < rest.length ? (size_t)there : (size_t)rest.length;
      ssize_t written = pwrite(fd, bytes, piece, (off_t)rest.offset);
      if (written < 0 && errno != EINTR)
        return -errno;
      size_t done = written > 0 ? (size_t)written : 0;
      tar_reader_consume(&copying->reader, done);
      rest.offset += done;
      rest.length -= done;
    }
  }
  return entry->segments != NULL && ftruncate(fd, (off_t)entry->size) < 0 ? -errno : 0;
}

static int make_link(struct copying_in *copying, int parent, const char *base)
{
  char path[LAYER_PATH_MAX];
  const char *target;
  int result = place_name(copying, copying->reader.entry.link_name, path);
  if (result < 0)
    return result;
  layer_fd from = open_parent(copying, path, &target);
  return from < 0 ? from : linkat(from, target, parent, base, 0) < 0 ? -errno : 0;
}

static int make_entry(struct copying_in *copying, int parent, const char *base, int room)
{
  const struct tar_entry *entry = &copying->reader.entry;
  switch (entry->type) {
  case '0': {
    layer_fd fd = room == 2 ? openat(parent, base, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC) : openat(parent, base, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int result = fd < 0 ? -errno : write_payload(copying, fd);
    return result < 0 ? result : copy_in_attributes(copying, parent, base, fd);
  }
  case '1':
    return make_link(copying, parent, base);
  case '2':
    return symlinkat(entry->link_name, parent, base) < 0 ? -errno : copy_in_attributes(copying, parent, base, -1);
  case '5': {
    if (room == 0 && mkdirat(parent, base, 0700) < 0)
      return -errno;
    layer_fd fd = openat(parent, base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? -errno : copy_in_attributes(copying, parent, base, fd);
  }
  case '6':
    return mknodat(parent, base, S_IFIFO | 0600, 0) < 0 ? -errno : copy_in_attributes(copying, parent, base, -1);
  default:
    return 0; /* a device: a user namespace may not make one */
  }
}

static int place_entry(struct copying_in *copying)
{
  char path[LAYER_PATH_MAX];
  const char *base, *name = copying->reader.entry.name;
  int result = place_name(copying, name, path);
  if (result < 0 || path[0] == 0)
    return result < 0 ? result : tar_reader_skip_payload(&copying->reader);
  layer_fd parent = open_parent(copying, path, &base);
  if (parent < 0)
    return failed(name, -parent);
  if (copy_is_kernel_file(parent))
    return layer_fail(EPERM, "path-refused", name, "nothing is copied to the kernel's files (/proc, /sys)");
  int room = make_room(copying, parent, base);
  result = room < 0 ? room : make_entry(copying, parent, base, room);
  if (result == 0)
    result = tar_reader_skip_payload(&copying->reader);
  return result < 0 ? failed(name, -result) : 0;
}

static int observe(void *context, enum tar_raw kind, const unsigned char *bytes, size_t length)
{
  (void)context, (void)kind, (void)bytes, (void)length;
  return 0;
}

static int unpack(struct copying_in *copying)
{
  struct tar_stream stream;
  int result = tar_stream_open(&stream, 0);
  if (result < 0)
    return result;
  tar_reader_open(&copying->reader, &stream, observe, NULL);
  while ((result = tar_reader_next(&copying->reader)) == 1)
    if ((result = place_entry(copying)) < 0)
      return result;
  tar_reader_close(&copying->reader);
  tar_stream_close(&stream);
  return result < 0 ? result : copy_in_directory_times(copying);
}

/* Opens the directory that everything goes to. */
static int find_place(struct copying_in *copying, const struct copy_view *view, const char *path, int into)
{
  char last[256];
  layer_fd parent = copy_locate(view->root, path, 1, last);
  if (parent < 0)
    return failed(path, -parent);
  if (copy_is_kernel_file(parent))
    return layer_fail(EPERM, "path-refused", path, "nothing is copied to the kernel's files (/proc, /sys)");
  snprintf(copying->first_name, sizeof copying->first_name, "%s", into ? "" : last);
  copying->directory = openat(parent, into ? last : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  return copying->directory < 0 ? failed(path, errno) : 0;
}

static int copy_in(struct copying_in *copying, struct copy_view *view, int argc, char **argv, int at)
{
  int into = 0;
  const char *path = at < argc ? argv[at++] : NULL;
  for (; at < argc; at++) {
    int result = 0;
    if (strcmp(argv[at], "--into") == 0)
      into = 1;
    else if (strcmp(argv[at], "--keep-ids") == 0)
      copying->keeps_ids = 1;
    else if (strcmp(argv[at], "--overwrite") == 0)
      copying->overwrites = 1;
    else if (strcmp(argv[at], "--user") == 0 && at + 1 < argc)
      result = copy_view_user(view, argv[++at], &copying->uid, &copying->gid);
    else
      result = -EINVAL;
    if (result < 0)
      return result;
  }
  int result = path == NULL ? -EINVAL : find_place(copying, view, path, into);
  return result < 0 ? result : unpack(copying);
}

int applet_copy_in(int argc, char **argv)
{
  static struct copying_in copying;
  struct copy_view view;
  int at = 1;
  umask(0);
  int result = copy_view_open(&view, argv, argc, &at);
  if (result == 0)
    result = copy_in(&copying, &view, argc, argv, at);
  if (result < 0)
    layer_fail(-result, "path-not-written", NULL, "%s", strerror(-result));
  copy_view_close(&view);
  return result < 0 ? layer_report_failure() : 0;
}
