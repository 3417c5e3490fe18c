#define _GNU_SOURCE
#include "layer-place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "layer-base.h"

#define ATTEMPTS 3
#define WHITEOUT ".wh."
#define OPAQUE ".wh..wh..opq"

static int write_failed(const struct layer_place *place, int error)
{
  return layer_fail(error, "layer-write-failed", place->path, "cannot write: %s", strerror(error));
}

static int pwrite_all(int fd, const unsigned char *bytes, size_t length, uint64_t offset)
{
  while (length > 0) {
    ssize_t written = pwrite(fd, bytes, length, (off_t)offset);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return -errno;
    bytes += written;
    length -= (size_t)written;
    offset += (uint64_t)written;
  }
  return 0;
}

static int copy_segment(struct layer_job *job, const struct layer_place *place, int fd, struct tar_segment segment)
{
  while (segment.length > 0) {
    const unsigned char *bytes;
    int64_t there = tar_reader_payload(job->reader, &bytes);
    if (there < 0)
      return (int)there;
    size_t piece = (uint64_t)there < segment.length ? (size_t)there : (size_t)segment.length;
    int result = job->is_hollow ? 0 : pwrite_all(fd, bytes, piece, segment.offset);
    if (result < 0)
      return write_failed(place, -result);
    tar_reader_consume(job->reader, piece);
    segment.offset += piece;
    segment.length -= piece;
  }
  return 0;
}

static int write_payload(struct layer_job *job, const struct layer_place *place, int fd)
{
  struct tar_entry *entry = &job->reader->entry;
  uint64_t stored = entry->stored_bytes;
  if (stored > job->max_bytes - job->unpacked_bytes)
    return layer_fail(EFBIG, "layer-too-large", place->path, "the layer unpacks to more than %llu bytes", (unsigned long long)job->max_bytes);
  job->unpacked_bytes += stored;
  struct tar_segment whole = {0, stored};
  const struct tar_segment *segments = entry->segments == NULL ? &whole : entry->segments;
  size_t count = entry->segments == NULL ? (stored > 0) : entry->segment_count;
  int result = stored == 0 ? 0 : split_write_payload(job->tree->split, place->path, segments, count, stored);
  for (size_t i = 0; result == 0 && i < count; i++)
    result = copy_segment(job, place, fd, segments[i]);
  if (result == 0 && (entry->segments != NULL || job->is_hollow) && ftruncate(fd, (off_t)entry->size) < 0)
    result = write_failed(place, errno);
  return result;
}

static int make_file(struct layer_job *job, const struct layer_place *place)
{
  mode_t mode = job->reader->entry.mode & 0777;
  layer_fd fd = openat(place->parent->fd, place->base, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  if (fd < 0)
    return -errno;
  int result = write_payload(job, place, fd);
  return result < 0 ? result : layer_set_attributes(job, place, fd, 1);
}

static int note_directory_time(struct layer_job *job, const struct layer_place *place)
{
  const struct tar_entry *entry = &job->reader->entry;
  struct { int64_t seconds; uint32_t nanoseconds, length; } record = {entry->mtime_seconds, entry->mtime_nanoseconds, (uint32_t)strlen(place->path)};
  unsigned char bytes[sizeof record + LAYER_PATH_MAX];
  memcpy(bytes, &record, sizeof record);
  memcpy(bytes + sizeof record, place->path, record.length);
  int result = layer_write_all(job->times_fd, bytes, sizeof record + record.length);
  return result < 0 ? write_failed(place, -result) : 0;
}

int layer_set_directory_times(struct layer_job *job)
{
  struct tar_stream stream;
  struct { int64_t seconds; uint32_t nanoseconds, length; } record;
  char path[LAYER_PATH_MAX];
  if (lseek(job->times_fd, 0, SEEK_SET) < 0 || tar_stream_open(&stream, job->times_fd) < 0)
    return -EIO;
  while (tar_stream_fill(&stream, sizeof record) >= (int64_t)sizeof record) {
    memcpy(&record, tar_stream_peek(&stream), sizeof record);
    tar_stream_consume(&stream, sizeof record);
    if (record.length >= sizeof path || tar_stream_fill(&stream, record.length) < (int64_t)record.length)
      break;
    memcpy(path, tar_stream_peek(&stream), record.length);
    path[record.length] = 0;
    tar_stream_consume(&stream, record.length);
    struct timespec time = {.tv_sec = record.seconds, .tv_nsec = record.nanoseconds};
    struct timespec times[2] = {time, time};
    /* No link can be among the parents: the path is canonical, and nothing else works in this tree. */
    (void)utimensat(job->tree->root, path[0] == 0 ? "." : path, times, AT_SYMLINK_NOFOLLOW);
  }
  tar_stream_close(&stream);
  return 0;
}

static int make_directory(struct layer_job *job, const struct layer_place *place)
{
  int parent = place->parent->fd;
  const char *name = place->base[0] == 0 ? "." : place->base;
  int is_new = place->base[0] != 0 && mkdirat(parent, name, job->reader->entry.mode & 0777) == 0;
  if (!is_new && place->base[0] != 0 && errno != EEXIST)
    return -errno;
  layer_fd fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return errno == ENOTDIR || errno == ELOOP ? -EEXIST : -errno;
  int result = layer_set_attributes(job, place, fd, is_new);
  if (result == 0)
    result = note_directory_time(job, place);
  layer_forget_directory(job->tree, place->path);
  return result;
}

static int make_link(struct layer_job *job, const struct layer_place *place)
{
  char clean[LAYER_PATH_MAX];
  struct layer_place target;
  struct stat from, to;
  int result = layer_clean_name(job->reader->entry.link_name, clean);
  if (result == 0)
    result = layer_locate(job->tree, clean, &target);
  if (result < 0)
    return result;
  if (target.base[0] == 0 || fstatat(target.parent->fd, target.base, &from, AT_SYMLINK_NOFOLLOW) < 0)
    return layer_fail(ENOENT, "layer-invalid", place->path, "a hard link to \"%s\", which the layer does not have", clean);
  if (S_ISDIR(from.st_mode))
    return layer_fail(EPERM, "layer-invalid", place->path, "a hard link to the directory \"%s\"", clean);
  if (fstatat(place->parent->fd, place->base, &to, AT_SYMLINK_NOFOLLOW) == 0)
    return from.st_ino == to.st_ino ? 0 : -EEXIST;
  return linkat(target.parent->fd, target.base, place->parent->fd, place->base, 0) < 0 ? -errno : 0;
}

static int make_special(struct layer_job *job, const struct layer_place *place)
{
  const struct tar_entry *entry = &job->reader->entry;
  int parent = place->parent->fd;
  int result = entry->type == '2' ? symlinkat(entry->link_name, parent, place->base) : mknodat(parent, place->base, S_IFIFO | (entry->mode & 0777), 0);
  return result < 0 ? -errno : layer_set_attributes(job, place, -1, 1);
}

static int make_entry(struct layer_job *job, const struct layer_place *place)
{
  switch (job->reader->entry.type) {
    case '0': return make_file(job, place);
    case '1': return make_link(job, place);
    case '2': case '6': return make_special(job, place);
    case '5': return make_directory(job, place);
    default: return -EINVAL;
  }
}

/* Makes the entry, clearing away an earlier one of the same name. */
static int make_in_place(struct layer_job *job, const char *clean)
{
  struct layer_place place;
  int was_whiteout = 0;
  int result = layer_locate(job->tree, clean, &place);
  if (result < 0)
    return result;
  if (place.base[0] == 0 && job->reader->entry.type != '5')
    return layer_fail(EINVAL, "layer-invalid", clean, "the layer's root would not be a directory");
  result = make_entry(job, &place);
  for (int attempt = 0; result == -EEXIST && attempt < ATTEMPTS; attempt++) {
    if ((result = layer_clear(job->tree, &place, &was_whiteout)) < 0 || (result = layer_locate(job->tree, clean, &place)) < 0)
      return result;
    result = make_entry(job, &place);
  }
  if (result == 0 && was_whiteout && job->reader->entry.type == '5')
    result = layer_set_opaque(place.parent->fd, place.base, clean);
  return result < 0 ? write_failed(&place, -result) : 0;
}

/* A directory that is in this layer too stays: what lower layers have there is hidden. */
static int make_whiteout(struct layer_job *job, struct layer_place *place)
{
  struct stat status;
  const char *name = place->base + strlen(WHITEOUT);
  if (name[0] == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
    return layer_fail(EINVAL, "layer-invalid", place->path, "a whiteout without a name");
  if (mknodat(place->parent->fd, name, S_IFCHR | 0600, 0) == 0)
    return 0;
  if (errno != EEXIST)
    return layer_fail(errno, "layer-write-failed", place->path, "cannot make a whiteout: %s", strerror(errno));
  (void)job;
  if (fstatat(place->parent->fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode))
    return layer_set_opaque(place->parent->fd, name, place->path);
  return 0;
}

/* 1: done, 0: an ordinary entry. Source: OCI image spec, layer.md "Whiteouts"; .wh..wh.* else is aufs's own. */
static int place_whiteout(struct layer_job *job, const char *clean)
{
  struct layer_place place;
  const char *slash = strrchr(clean, '/');
  const char *base = slash == NULL ? clean : slash + 1;
  if (strncmp(clean, ".wh..wh.", 8) == 0 && strcmp(clean, OPAQUE) != 0)
    return 1;
  if (strncmp(base, WHITEOUT, 4) != 0)
    return 0;
  if (strncmp(base, ".wh..wh.", 8) == 0 && strcmp(base, OPAQUE) != 0)
    return 1;
  int result = layer_locate(job->tree, clean, &place);
  if (result < 0)
    return result;
  result = strcmp(base, OPAQUE) == 0 ? layer_set_opaque(place.parent->fd, ".", clean) : make_whiteout(job, &place);
  return result < 0 ? result : 1;
}

int layer_place_entry(struct layer_job *job)
{
  char clean[LAYER_PATH_MAX];
  const struct tar_entry *entry = &job->reader->entry;
  if (++job->entries > job->max_entries)
    return layer_fail(EFBIG, "layer-too-large", entry->name, "the layer has more than %llu entries", (unsigned long long)job->max_entries);
  if (entry->type == 'V')
    return 0;
  int result = layer_clean_name(entry->name, clean);
  if (result < 0)
    return result;
  if ((result = place_whiteout(job, clean)) != 0)
    return result < 0 ? result : 0;
  /* A user namespace may not make devices, and a container gets its own; podman leaves them out too. */
  if (entry->type == '3' || entry->type == '4') {
    job->skipped_devices++;
    return 0;
  }
  if (strchr("01256", entry->type) == NULL)
    return layer_fail(EINVAL, "layer-invalid", clean, "an entry of the unknown type '%c'", entry->type >= 32 && entry->type < 127 ? entry->type : '?');
  return make_in_place(job, clean);
}
