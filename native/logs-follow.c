/* Waiting for more of a log, and finding the way through its rotation. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include "logs.h"

/* Also without news it is looked now and then whether the monitor was killed. */
#define WATCH_PATIENCE_MS 1000
/* Without inotify (a user may have 128 of them): how often to look. */
#define WATCH_PAUSE_MS 100

void logs_watch_open(struct logs_watch *watch, int dir_fd)
{
  char path[64];
  watch->dir_fd = dir_fd;
  watch->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (watch->inotify_fd < 0) return;
  snprintf(path, sizeof path, "/proc/self/fd/%d", dir_fd);
  if (inotify_add_watch(watch->inotify_fd, path, IN_MODIFY | IN_MOVED_TO | IN_CREATE | IN_DELETE_SELF) >= 0) return;
  close(watch->inotify_fd);
  watch->inotify_fd = -1;
}

void logs_watch_wait(struct logs_watch *watch)
{
  struct pollfd one = {.fd = watch->inotify_fd, .events = POLLIN};
  int ready = poll(&one, 1, watch->inotify_fd < 0 ? WATCH_PAUSE_MS : WATCH_PATIENCE_MS);
  if (ready <= 0) return;
  char events[4096];
  while (read(watch->inotify_fd, events, sizeof events) > 0) continue;
}

static int logs_open_numbered(int dir_fd, const char *name, unsigned number)
{
  char path[PATH_MAX];
  int length = snprintf(path, sizeof path, number == 0 ? "%s" : "%s.%u", name, number);
  if (length >= (int)sizeof path) return -ENAMETOOLONG;
  int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

/* The number of the rotated file that has this inode; -1 when it is none any more. */
static int logs_number_of(int dir_fd, const char *name, const struct stat *wanted)
{
  for (unsigned number = 0; number < LOGS_FILES_MAX; number++) {
    int fd = logs_open_numbered(dir_fd, name, number);
    if (fd == -ENOENT && number > 0) return -1;
    if (fd < 0) continue;
    struct stat status;
    int result = fstat(fd, &status);
    close(fd);
    if (result == 0 && status.st_ino == wanted->st_ino && status.st_dev == wanted->st_dev) return (int)number;
  }
  return -1;
}

/* The oldest file there is. */
static int logs_open_oldest(int dir_fd, const char *name)
{
  int oldest = logs_open_numbered(dir_fd, name, 0);
  for (unsigned number = 1; number < LOGS_FILES_MAX && oldest >= 0; number++) {
    int fd = logs_open_numbered(dir_fd, name, number);
    if (fd < 0) break;
    close(oldest);
    oldest = fd;
  }
  return oldest;
}

int logs_next_file(int dir_fd, const char *name, int fd)
{
  struct stat status, next;
  if (fstat(fd, &status) < 0) return -errno;
  for (int tries = 0; tries < 100; tries++) {
    int number = logs_number_of(dir_fd, name, &status);
    if (number == 0) return -ENOENT;
    if (number < 0) return logs_open_oldest(dir_fd, name); /* rotated away while we read it */
    int opened = logs_open_numbered(dir_fd, name, (unsigned)number - 1);
    if (opened < 0) return opened;
    /* Another rotation may have come between the two looks. */
    if (fstat(opened, &next) == 0 && logs_number_of(dir_fd, name, &status) == number) return opened;
    close(opened);
  }
  return -EAGAIN;
}
