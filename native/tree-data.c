#define _GNU_SOURCE
#include "tree-copy.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "layer-base.h"

#define COPY_BUFFER (1u << 18)

static int copy_by_hand(int from, int to, off_t offset, off_t length)
{
  layer_owned char *buffer = malloc(COPY_BUFFER);
  if (buffer == NULL)
    return -ENOMEM;
  while (length > 0) {
    ssize_t count = pread(from, buffer, length < (off_t)COPY_BUFFER ? (size_t)length : COPY_BUFFER, offset);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return count < 0 ? -errno : 0;
    for (ssize_t done = 0; done < count;) {
      ssize_t written = pwrite(to, buffer + done, (size_t)(count - done), offset + done);
      if (written < 0 && errno != EINTR)
        return -errno;
      done += written > 0 ? written : 0;
    }
    offset += count;
    length -= count;
  }
  return 0;
}

static int copy_range(int from, int to, off_t offset, off_t length)
{
  while (length > 0) {
    off_t in = offset;
    off_t out = offset;
    ssize_t count = copy_file_range(from, &in, to, &out, (size_t)length, 0);
    if (count < 0 && errno == EINTR)
      continue;
    /* Refused across some file systems; 0 where procfs and the like do not know their size. */
    if (count <= 0)
      return copy_by_hand(from, to, offset, length);
    offset += count;
    length -= count;
  }
  return 0;
}

int tree_copy_data(int from, int to, unsigned long long size)
{
  if (size == 0 || ioctl(to, FICLONE, from) == 0)
    return 0;
  off_t end = (off_t)size;
  for (off_t offset = 0; offset < end;) {
    off_t data = lseek(from, offset, SEEK_DATA);
    if (data < 0 && errno == ENXIO)
      break;
    off_t hole = data < 0 ? end : lseek(from, data, SEEK_HOLE);
    if (data < 0)
      data = offset;
    if (hole < 0 || hole > end)
      hole = end;
    int result = copy_range(from, to, data, hole - data);
    if (result < 0)
      return result;
    offset = hole;
  }
  return ftruncate(to, end) < 0 ? -errno : 0;
}
