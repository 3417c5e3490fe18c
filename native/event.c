/* One append per event, so that any number of processes write at once. */
#define _GNU_SOURCE
#include "event.h"
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include "timestamp.h"

#define SUBJECT_BYTES 4096

/* Whoever holds the lock of the very file that has the name may put it aside: of several, one does. */
static void event_rotate(const struct event_sink *sink, int fd, const struct stat *own)
{
  char aside[PATH_MAX];
  struct stat named;
  if (flock(fd, LOCK_EX | LOCK_NB) < 0) return;
  if (stat(sink->file, &named) < 0 || named.st_ino != own->st_ino || named.st_dev != own->st_dev) return;
  if (snprintf(aside, sizeof aside, "%s.1", sink->file) < (int)sizeof aside) rename(sink->file, aside);
}

/* The subject after a rename. False where there was none. */
static int event_read_subject(int dir_fd, char *out, size_t size)
{
  int fd = openat(dir_fd, "event-subject", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return 0;
  ssize_t length = read(fd, out, size);
  close(fd);
  if (length <= 0 || length == (ssize_t)size) return 0;
  out[length] = '\0';
  return 1;
}

void event_emit(const struct event_sink *sink, int dir_fd, const char *status, const char *more)
{
  char time[TIMESTAMP_BYTES], head[192], renamed[SUBJECT_BYTES];
  if (sink->file == NULL) return;
  int fd = open(sink->file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return;
  const char *subject = event_read_subject(dir_fd, renamed, sizeof renamed) ? renamed : sink->subject;
  timestamp_now(time);
  int length = snprintf(head, sizeof head, "{\"Time\":\"%s\",\"Type\":\"container\",\"Status\":\"%s\"", time, status);
  struct iovec pieces[] = {
    {head, (size_t)length}, {(void *)more, strlen(more)}, {(void *)",", 1}, {(void *)subject, strlen(subject)}, {(void *)"}\n", 2},
  };
  struct stat own;
  if (writev(fd, pieces, 5) > 0 && fstat(fd, &own) == 0 && (uint64_t)own.st_size >= sink->max_bytes) event_rotate(sink, fd, &own);
  close(fd);
}
