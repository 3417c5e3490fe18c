/* The applet `tree-cat ROOT`: writes files of a tree on standard output, one after the other, as standard input asks for them. A request
 * is `SIZE NAME` and a NUL; so many bytes are written, and a file that has fewer ends it all. No symbolic link is followed, and nothing
 * outside the root is reached. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>

#include "applets.h"
#include "layer-base.h"

#define BUFFER (1u << 20)

struct requests {
  FILE *in;
  char text[PATH_MAX + 32];
};

/* 1: *size and *name are the next request's, 0: there are no more. */
static int next_request(struct requests *requests, uint64_t *size, const char **name)
{
  size_t used = 0;
  for (int byte; (byte = getc_unlocked(requests->in)) > 0;) {
    if (used + 1 >= sizeof requests->text)
      return layer_fail(ENAMETOOLONG, "usage", NULL, "a name is too long");
    requests->text[used++] = (char)byte;
  }
  requests->text[used] = 0;
  if (used == 0)
    return 0;
  char *space = strchr(requests->text, ' ');
  if (space == NULL)
    return layer_fail(EINVAL, "usage", NULL, "a request without a size");
  *space = 0;
  *name = space + 1;
  while (**name == '/')
    ++*name;
  return layer_parse_number(requests->text, size) < 0 ? layer_fail(EINVAL, "usage", NULL, "a size that is no number") : 1;
}

static int cat(int root, const char *name, uint64_t size, char *buffer)
{
  struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
  layer_fd fd = (int)syscall(SYS_openat2, root, name, &how, sizeof how);
  if (fd < 0)
    return layer_fail(errno, "tree-not-read", name, "cannot read: %s", strerror(errno));
  while (size > 0) {
    ssize_t count = read(fd, buffer, size < BUFFER ? (size_t)size : BUFFER);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return layer_fail(count < 0 ? errno : ENODATA, "tree-not-read", name, "the file is too short");
    int result = layer_write_all(1, buffer, (size_t)count);
    if (result < 0)
      return result;
    size -= (uint64_t)count;
  }
  return 0;
}

static int serve(const char *path)
{
  static struct requests requests;
  layer_fd root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  layer_owned char *buffer = malloc(BUFFER);
  uint64_t size = 0;
  const char *name = "";
  int result = 0;
  requests.in = stdin;
  if (root < 0 || buffer == NULL)
    return layer_fail(root < 0 ? errno : ENOMEM, "tree-not-read", NULL, "\"%s\" cannot be opened: %s", path, strerror(errno));
  while (result == 0 && (result = next_request(&requests, &size, &name)) == 1)
    result = cat(root, name, size, buffer);
  return result;
}

int applet_tree_cat(int argc, char **argv)
{
  int result = argc != 2 ? layer_fail(EINVAL, "usage", NULL, "usage: tree-cat ROOT") : serve(argv[1]);
  if (result < 0)
    layer_fail(-result, "tree-not-read", NULL, "cannot write: %s", strerror(-result));
  return result < 0 ? layer_report_failure() : 0;
}
