/* The applet `processes PID STARTTIME`: every process in the pid namespace of a container's first one, as one JSON line each: `stat`,
 * `status` and `cmdline` as procfs has them (ids as this user namespace names them). The first line has the container's own
 * `passwd` and `group`, read below its root. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "applets.h"
#include "confined.h"
#include "launch.h"
#include "layer-base.h"

#define MOST_BYTES 65536

/* A file's beginning as text; NULs become spaces, and the last one goes. "" where it cannot be read. */
static const char *read_text(int directory, const char *name, char *text)
{
  layer_fd fd = openat(directory, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ssize_t length = fd < 0 ? 0 : read(fd, text, MOST_BYTES - 1);
  length = length < 0 ? 0 : length;
  while (length > 0 && text[length - 1] == 0)
    length--;
  for (ssize_t i = 0; i < length; i++)
    if (text[i] == 0)
      text[i] = ' ';
  text[length] = 0;
  return text;
}

static void print_field(const char *name, const char *text, const char *end)
{
  printf("\"%s\":", name);
  layer_print_json(stdout, text);
  fputs(end, stdout);
}

static void print_file(int root, const char *path, const char *name, char *text, const char *end)
{
  struct stat status;
  layer_fd fd = confined_open(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  ssize_t length = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? read(fd, text, MOST_BYTES - 1) : 0;
  text[length > 0 ? length : 0] = 0;
  print_field(name, text, end);
}

static void print_process(int proc, const char *pid, const struct stat *wanted, char *text)
{
  struct stat status;
  char path[300];
  snprintf(path, sizeof path, "%s/ns/pid", pid);
  if (fstatat(proc, path, &status, 0) < 0 || status.st_ino != wanted->st_ino || status.st_dev != wanted->st_dev)
    return;
  static const char *const names[] = {"stat", "status", "cmdline"};
  for (int i = 0; i < 3; i++) {
    snprintf(path, sizeof path, "%s/%s", pid, names[i]);
    read_text(proc, path, text);
    /* It has ended meanwhile. */
    if (i == 0 && text[0] == 0)
      return;
    fputs(i == 0 ? "{" : "", stdout);
    print_field(names[i], text, i == 2 ? "}\n" : ",");
  }
}

static int print_all(const char *pid, char *text)
{
  struct stat wanted;
  char path[300];
  snprintf(path, sizeof path, "/proc/%s/root", pid);
  layer_fd root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  snprintf(path, sizeof path, "/proc/%s/ns/pid", pid);
  DIR *proc = opendir("/proc");
  if (root < 0 || proc == NULL || stat(path, &wanted) < 0)
    return -errno;
  fputs("{", stdout);
  print_file(root, "/etc/passwd", "passwd", text, ",");
  print_file(root, "/etc/group", "group", text, "}\n");
  for (struct dirent *entry; (entry = readdir(proc)) != NULL;)
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
      print_process(dirfd(proc), entry->d_name, &wanted, text);
  closedir(proc);
  return 0;
}

int applet_processes(int argc, char **argv)
{
  layer_owned char *text = malloc(MOST_BYTES);
  int result = argc != 3 || text == NULL ? -EINVAL : 0;
  if (result == 0 && process_start_time((pid_t)strtol(argv[1], NULL, 10)) != strtoull(argv[2], NULL, 10))
    result = -ESRCH;
  if (result == 0)
    result = print_all(argv[1], text);
  if (result == 0 && fflush(stdout) != 0)
    result = -errno;
  if (result < 0)
    layer_fail(-result, "processes-not-read", NULL, "the container's processes cannot be read: %s", strerror(-result));
  return result < 0 ? layer_report_failure() : 0;
}
