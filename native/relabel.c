/* The applet `relabel [--unless-labelled] LABEL PATH… [-- [--unless-labelled] LABEL PATH…]…`: gives trees a label of SELinux's, without following links or
 * entering other mounts; with the option only those whose top has another one. File systems that keep no labels are left as they are. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "applets.h"
#include "cleanup.h"
#include "tree-walk.h"

#define ATTRIBUTE "security.selinux"

/* A name below an open directory; a link is labelled itself. */
static int label_entry(void *context, int dir, const char *name, const struct stat *status) {
  const char *label = context;
  char path[320];
  (void)status;
  snprintf(path, sizeof path, "/proc/self/fd/%d/%s", dir, name);
  return lsetxattr(path, ATTRIBUTE, label, strlen(label) + 1, 0) < 0 && errno != ENOENT ? -errno : 0;
}

static bool has_label(const char *path, const char *label) {
  char own[256];
  ssize_t length = getxattr(path, ATTRIBUTE, own, sizeof own - 1);
  if (length < 0) return false;
  own[length] = 0;
  return strcmp(own, label) == 0;
}

/* The top comes last: where it has the label, everything below has it. */
static int label_tree(struct tree_walk *walk, const char *path) {
  const char *label = walk->context;
  AUTO_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat status;
  if (fd < 0 || fstat(fd, &status) < 0) return -errno;
  int result = S_ISDIR(status.st_mode) ? tree_walk(walk, fd) : 0;
  if (result < 0) return result;
  return fsetxattr(fd, ATTRIBUTE, label, strlen(label) + 1, 0) < 0 ? -errno : 0;
}

/* One group of words, [--unless-labelled] LABEL PATH…, up to `end`. An exit code. */
static int label_group(char **word, char **end) {
  bool unless = word < end && strcmp(*word, "--unless-labelled") == 0;
  word += unless;
  if (end - word < 1) return 125;
  char *label = *word;
  while (++word < end) {
    if (unless && has_label(*word, label)) continue;
    struct tree_walk walk = {.visit = label_entry, .context = label};
    int result = label_tree(&walk, *word);
    if (result == 0 || result == -EOPNOTSUPP) continue;
    dprintf(2, "%s: %s%s%s\n", *word, walk.failed, walk.failed[0] ? ": " : "", strerror(-result));
    return 1;
  }
  return 0;
}

int applet_relabel(int argc, char **argv) {
  int code = argc > 1 ? 0 : 125;
  for (int first = 1, end; code == 0 && first < argc; first = end + 1) {
    for (end = first; end < argc && strcmp(argv[end], "--") != 0;) end++;
    code = label_group(argv + first, argv + end);
  }
  return code;
}
