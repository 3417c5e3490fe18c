/* The files of --pidfile and --conmon-pidfile. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "monitor.h"

static int pid_file_write(const char *path, pid_t pid)
{
  char text[16];
  if (path[0] == '\0') return 0;
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return -errno;
  int length = snprintf(text, sizeof text, "%d", (int)pid);
  ssize_t wrote = write(fd, text, (size_t)length);
  close(fd);
  return wrote == length ? 0 : -EIO;
}

void monitor_pid_files_write(struct monitor *monitor)
{
  int result = pid_file_write(monitor->settings.pid_file, monitor->process.pid);
  if (result == 0) result = pid_file_write(monitor->settings.monitor_pid_file, getpid());
  if (result < 0) snprintf(monitor->state.error, sizeof monitor->state.error, "a pid file cannot be written: %s", strerror(-result));
}
