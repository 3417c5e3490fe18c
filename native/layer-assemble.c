/* The applet `layer-assemble LAYER_DIRECTORY`: writes the exact tar a layer was unpacked from, from `split`, `diff` and `replaced`. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>

#include "applets.h"
#include "layer-base.h"
#include "layer-output.h"
#include "layer-split.h"

struct replaced {
  char *name;
  size_t position;
  uint64_t number;
};

struct assembly {
  int layer, diff;
  struct split_reader split;
  struct replaced *replaced;
  size_t replaced_count;
  struct layer_output output;
};

static int lost(const char *name)
{
  return layer_fail(ENOENT, "layer-damaged", name, "the stored layer is damaged: a file is missing or too short");
}

static int put_segment(struct assembly *assembly, int fd, const char *name, struct tar_segment segment)
{
  while (segment.length > 0) {
    size_t piece;
    unsigned char *room = layer_output_room(&assembly->output, segment.length, &piece);
    ssize_t count = pread(fd, room, piece, (off_t)segment.offset);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return lost(name);
    segment.offset += (uint64_t)count;
    segment.length -= (uint64_t)count;
    int result = layer_output_filled(&assembly->output, (size_t)count);
    if (result < 0)
      return result;
  }
  return 0;
}

static int open_payload(const struct assembly *assembly, const char *name)
{
  struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
  char place[48];
  for (size_t i = 0; i < assembly->replaced_count; i++) {
    if (assembly->replaced[i].position < assembly->split.position || strcmp(assembly->replaced[i].name, name) != 0)
      continue;
    snprintf(place, sizeof place, "replaced/%llu", (unsigned long long)assembly->replaced[i].number);
    return (int)syscall(SYS_openat2, assembly->layer, place, &how, sizeof how);
  }
  return (int)syscall(SYS_openat2, assembly->diff, name, &how, sizeof how);
}

static int put_payload(struct assembly *assembly, const struct split_item *item)
{
  layer_fd fd = open_payload(assembly, item->name);
  if (fd < 0)
    return lost(item->name);
  uint64_t end = 0;
  int result = 0;
  for (uint64_t i = 0; result == 0 && i < item->number; i++) {
    struct tar_segment segment;
    if ((result = split_read_segment(&assembly->split, &segment)) < 0)
      return result;
    segment.offset += end;
    end = segment.offset + segment.length;
    result = put_segment(assembly, fd, item->name, segment);
  }
  return result;
}

static int skip_segments(struct split_reader *split, uint64_t count)
{
  struct tar_segment segment;
  int result = 0;
  for (uint64_t i = 0; result == 0 && i < count; i++)
    result = split_read_segment(split, &segment);
  return result;
}

/* Which payloads were moved away by later entries: known before the first one is read. */
static int find_replaced(struct assembly *assembly, int fd)
{
  struct split_reader reader;
  struct split_item item = {0};
  int result = split_reader_open(&reader, fd);
  while (result == 0 && (result = split_read(&reader, &item)) == 0 && item.token != SPLIT_END) {
    if (item.token == SPLIT_PAYLOAD)
      result = skip_segments(&reader, item.number);
    if (item.token != SPLIT_REPLACED)
      continue;
    struct replaced *grown = realloc(assembly->replaced, (assembly->replaced_count + 1) * sizeof *grown);
    if (grown == NULL)
      return -ENOMEM;
    assembly->replaced = grown;
    grown[assembly->replaced_count++] = (struct replaced){strdup(item.name), reader.position, item.number};
  }
  split_reader_close(&reader);
  return result;
}

static int write_tar(struct assembly *assembly)
{
  struct split_item item;
  int result;
  while ((result = split_read(&assembly->split, &item)) == 0) {
    switch (item.token) {
      case SPLIT_RAW: result = layer_output_put(&assembly->output, item.bytes, item.number); break;
      case SPLIT_ZEROS: result = layer_output_put(&assembly->output, NULL, item.number); break;
      case SPLIT_PAYLOAD: result = put_payload(assembly, &item); break;
      case SPLIT_END:
        if (item.number != assembly->output.total)
          return layer_fail(EBADMSG, "layer-damaged", NULL, "the stored layer is damaged: its tar has the wrong size");
        return layer_output_flush(&assembly->output);
      default: break;
    }
    if (result < 0)
      return result;
  }
  return result;
}

static int assemble(struct assembly *assembly, const char *path)
{
  assembly->layer = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  assembly->diff = openat(assembly->layer, "diff", O_PATH | O_DIRECTORY | O_CLOEXEC);
  layer_fd split = openat(assembly->layer, "split", O_RDONLY | O_CLOEXEC);
  if (split < 0 || assembly->diff < 0)
    return layer_fail(errno, "layer-unknown", NULL, "the layer cannot be opened: %s", strerror(errno));
  int result = layer_output_open(&assembly->output, STDOUT_FILENO, "layer-write-failed");
  if (result == 0 && faccessat(assembly->layer, "replaced", F_OK, 0) == 0)
    result = find_replaced(assembly, split);
  if (result == 0 && lseek(split, 0, SEEK_SET) < 0)
    result = -errno;
  if (result == 0)
    result = split_reader_open(&assembly->split, split);
  return result < 0 ? result : write_tar(assembly);
}

int applet_layer_assemble(int argc, char **argv)
{
  struct assembly assembly = {.layer = -1, .diff = -1};
  int result;
  if (argc != 2)
    result = layer_fail(EINVAL, "usage", NULL, "usage: layer-assemble LAYER_DIRECTORY");
  else if ((result = assemble(&assembly, argv[1])) < 0)
    layer_fail(-result, "layer-failed", NULL, "the layer cannot be read: %s", strerror(-result));
  return result < 0 ? layer_report_failure() : 0;
}
