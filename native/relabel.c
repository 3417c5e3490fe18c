/* The applet `relabel [--unless-labelled] LABEL PATH… [-- [--unless-labelled] LABEL PATH…]…`: gives trees a label of SELinux's, without following links or
 * entering other mounts; with the option only those whose top has another one. File systems that keep no labels are left as they are. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "applets.h"
#include "cleanup.h"
#include "sys.h"

#define ATTRIBUTE "security.selinux"
#define MAX_DEPTH 400

/* The first name that could not be labelled. */
static char failed_name[256];

static int failed(const char *name, int error) {
  if (!failed_name[0]) snprintf(failed_name, sizeof failed_name, "%s", name);
  return error;
}

static int label_content(int fd, const char *label, int depth);

/* A name below an open directory; a link is labelled itself. */
static int label_entry(int dir, const char *name, const char *label, int depth) {
  char path[320];
  struct stat status;
  if (fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) < 0) return errno == ENOENT ? 0 : -errno;
  if (S_ISDIR(status.st_mode)) {
    AUTO_CLOSE int fd = sys_openat2(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0, RESOLVE_FLAG_NO_XDEV);
    if (fd == -EXDEV || fd == -ENOENT) return 0;
    if (fd < 0) return failed(name, fd);
    int result = depth < MAX_DEPTH ? label_content(fd, label, depth + 1) : -ELOOP;
    if (result < 0) return result;
  }
  snprintf(path, sizeof path, "/proc/self/fd/%d/%s", dir, name);
  return lsetxattr(path, ATTRIBUTE, label, strlen(label) + 1, 0) < 0 && errno != ENOENT ? failed(name, -errno) : 0;
}

static int label_content(int fd, const char *label, int depth) {
  int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  AUTO_CLOSEDIR DIR *directory = copy < 0 ? NULL : fdopendir(copy);
  if (!directory) return -errno;
  int result = 0;
  for (struct dirent *entry; result == 0 && (entry = readdir(directory));)
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) result = label_entry(fd, entry->d_name, label, depth);
  return result;
}

static bool has_label(const char *path, const char *label) {
  char own[256];
  ssize_t length = getxattr(path, ATTRIBUTE, own, sizeof own - 1);
  if (length < 0) return false;
  own[length] = 0;
  return strcmp(own, label) == 0;
}

/* The top comes last: where it has the label, everything below has it. */
static int label_tree(const char *path, const char *label) {
  AUTO_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat status;
  if (fd < 0 || fstat(fd, &status) < 0) return -errno;
  int result = S_ISDIR(status.st_mode) ? label_content(fd, label, 0) : 0;
  if (result < 0) return result;
  return fsetxattr(fd, ATTRIBUTE, label, strlen(label) + 1, 0) < 0 ? -errno : 0;
}

/* One group of words, [--unless-labelled] LABEL PATH…, up to `end`. An exit code. */
static int label_group(char **word, char **end) {
  bool unless = word < end && strcmp(*word, "--unless-labelled") == 0;
  word += unless;
  if (end - word < 1) return 125;
  const char *label = *word;
  while (++word < end) {
    if (unless && has_label(*word, label)) continue;
    int result = label_tree(*word, label);
    if (result == 0 || result == -EOPNOTSUPP) continue;
    dprintf(2, "%s: %s%s%s\n", *word, failed_name, failed_name[0] ? ": " : "", strerror(-result));
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
