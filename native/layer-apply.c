/* The applet `layer-apply DIRECTORY SPLIT_FD [--max-entries N] [--max-bytes N] [--single-id] [--hollow] [--sync]`: unpacks the tar on standard
 * input. Run as root of the outer user namespace. Statistics as JSON on standard output; on failure one JSON line on standard error. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "applets.h"
#include "layer-base.h"
#include "layer-place.h"

struct arguments {
  const char *directory;
  uint64_t split_fd, max_entries, max_bytes;
  int single_id, hollow, sync;
};

static int parse(int argc, char **argv, struct arguments *out)
{
  *out = (struct arguments){.max_entries = UINT64_MAX, .max_bytes = INT64_MAX};
  if (argc < 3 || layer_parse_number(argv[2], &out->split_fd) < 0)
    return -EINVAL;
  out->directory = argv[1];
  for (int i = 3; i < argc; i++) {
    int result = 0;
    if (strcmp(argv[i], "--single-id") == 0)
      out->single_id = 1;
    else if (strcmp(argv[i], "--hollow") == 0)
      out->hollow = 1;
    else if (strcmp(argv[i], "--sync") == 0)
      out->sync = 1;
    else if (strcmp(argv[i], "--max-entries") == 0)
      result = layer_parse_number(argv[++i], &out->max_entries);
    else if (strcmp(argv[i], "--max-bytes") == 0)
      result = layer_parse_number(argv[++i], &out->max_bytes);
    else
      result = -EINVAL;
    if (result < 0)
      return result;
  }
  return 0;
}

static int observe(void *context, enum tar_raw kind, const unsigned char *bytes, size_t length)
{
  return split_write_raw(context, kind, bytes, length);
}

static int unpack(struct layer_job *job)
{
  int result;
  while ((result = tar_reader_next(job->reader)) == 1)
    if ((result = layer_place_entry(job)) < 0)
      return result;
  if (result == 0)
    result = layer_set_directory_times(job);
  return result < 0 ? result : split_writer_finish(job->tree->split);
}

/* Network file systems have no files without a name: there one loses it at once. */
static int unnamed_file(int directory)
{
  char name[32];
  int fd = openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
    return fd;
  snprintf(name, sizeof name, ".times-%d", (int)getpid());
  fd = openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd >= 0)
    unlinkat(directory, name, 0);
  return fd;
}

/* The directories beside ours go to different parts of an ext4, as those below /home do: where as many files were removed lately as are now made,
 * as by a pull after an rmi, an ext4 without a journal looks at all of them for each new one (recently_deleted() in fs/ext4/ialloc.c). A
 * request that other file systems refuse. */
static void spread_siblings(int outside)
{
  layer_fd parent = openat(outside, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int flags;
  if (parent < 0 || ioctl(parent, FS_IOC_GETFLAGS, &flags) < 0 || flags & FS_TOPDIR_FL)
    return;
  flags |= FS_TOPDIR_FL;
  ioctl(parent, FS_IOC_SETFLAGS, &flags);
}

static int apply(const struct arguments *arguments, struct layer_job *job)
{
  struct tar_stream stream;
  struct tar_reader reader;
  struct layer_tree tree;
  struct split_writer split;
  int result = split_writer_open(&split, (int)arguments->split_fd);
  if (result == 0)
    result = layer_tree_open(&tree, arguments->directory, &split);
  if (result < 0)
    return result;
  spread_siblings(tree.outside);
  layer_fd times = unnamed_file(tree.outside);
  if (times < 0)
    return layer_fail(errno, "layer-write-failed", NULL, "cannot make a temporary file: %s", strerror(errno));
  if ((result = tar_stream_open(&stream, 0)) < 0)
    return result;
  tar_reader_open(&reader, &stream, observe, &split);
  *job = (struct layer_job){.reader = &reader, .tree = &tree, .records_owner = arguments->single_id, .is_hollow = arguments->hollow, .times_fd = times,
                            .max_entries = arguments->max_entries, .max_bytes = arguments->max_bytes};
  result = unpack(job);
  if (result == 0 && arguments->sync && syncfs(tree.root) < 0)
    result = layer_fail(errno, "layer-write-failed", NULL, "cannot flush the disk: %s", strerror(errno));
  if (result == 0)
    printf("{\"entries\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"unpackedBytes\":%" PRIu64 ",\"skippedDevices\":%" PRIu64 ",\"skippedAttributes\":%" PRIu64 "}\n",
           job->entries, split.total, job->unpacked_bytes, job->skipped_devices, job->skipped_attributes);
  tar_reader_close(&reader);
  tar_stream_close(&stream);
  layer_tree_close(&tree);
  split_writer_close(&split);
  return result;
}

int applet_layer_apply(int argc, char **argv)
{
  struct arguments arguments;
  struct layer_job job;
  umask(0);
  int result = parse(argc, argv, &arguments);
  if (result < 0)
    layer_fail(EINVAL, "usage", NULL, "usage: layer-apply DIRECTORY SPLIT_FD [--max-entries N] [--max-bytes N] [--single-id] [--hollow] [--sync]");
  else if ((result = apply(&arguments, &job)) < 0)
    layer_fail(-result, "layer-failed", NULL, "the layer cannot be unpacked: %s", strerror(-result));
  return result < 0 ? layer_report_failure() : fflush(stdout) == 0 ? 0 : 1;
}
