/* The applet `tree-size PATH…`: the bytes in each file or tree, whoever owns it: one line a path with the sum of the files' sizes and of
 * what they take on disk. A file with several names in one tree counts once; mounts are not entered; what is not there counts 0. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "applets.h"
#include "layer-base.h"
#include "tree-links.h"

#define MAX_DEPTH 500

struct measure {
  struct tree_links links;
  dev_t device;
  uint64_t bytes, stored;
};

static int measure_one(struct measure *measure, int parent, const char *name, int depth);

static int measure_content(struct measure *measure, int parent, const char *name, int depth)
{
  int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *directory = fd < 0 ? NULL : fdopendir(fd);
  int result = 0;
  if (directory == NULL)
    return errno == ENOENT ? 0 : -errno;
  if (depth > MAX_DEPTH)
    result = -ELOOP;
  for (struct dirent *entry; result == 0 && (entry = readdir(directory)) != NULL;)
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      result = measure_one(measure, fd, entry->d_name, depth + 1);
  closedir(directory);
  return result;
}

static int measure_one(struct measure *measure, int parent, const char *name, int depth)
{
  struct stat status;
  const char *first;
  if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
    return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
  if (depth == 0)
    measure->device = status.st_dev;
  int known = tree_find_link(&measure->links, &status, "", &first);
  if (known != 0)
    return known < 0 ? known : 0;
  measure->stored += (uint64_t)status.st_blocks * 512;
  if (S_ISREG(status.st_mode))
    measure->bytes += (uint64_t)status.st_size;
  return S_ISDIR(status.st_mode) && status.st_dev == measure->device ? measure_content(measure, parent, name, depth) : 0;
}

int applet_tree_size(int argc, char **argv)
{
  int result = argc < 2 ? layer_fail(EINVAL, "usage", NULL, "usage: tree-size PATH…") : 0;
  for (int i = 1; result == 0 && i < argc; i++) {
    struct measure measure = {0};
    if ((result = measure_one(&measure, AT_FDCWD, argv[i], 0)) < 0)
      layer_fail(-result, "tree-not-read", argv[i], "cannot read: %s", strerror(-result));
    tree_forget_links(&measure.links);
    printf("%" PRIu64 " %" PRIu64 "\n", measure.bytes, measure.stored);
  }
  return result < 0 ? layer_report_failure() : fflush(stdout) == 0 ? 0 : 1;
}
