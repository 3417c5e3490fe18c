/* Files of a container's cgroup, as the monitor reads and writes them while the container runs. */
#define _GNU_SOURCE
#include "cgroup-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"

#define CGROUP_ROOT "/sys/fs/cgroup"

static ssize_t read_text(const char *path, char *out, size_t size)
{
  AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  ssize_t length = read(fd, out, size - 1);
  if (length < 0) return -errno;
  out[length] = '\0';
  return length;
}

int cgroup_own_directory(pid_t pid, char *out, size_t size)
{
  char path[64], text[4200];
  snprintf(path, sizeof path, "/proc/%d/cgroup", (int)pid);
  if (read_text(path, text, sizeof text) < 0) return -ENOENT;
  char *line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
  if (line == NULL) return -ENOENT;
  line += *line == '\n' ? 4 : 3;
  line[strcspn(line, "\n")] = '\0';
  const char *name = strrchr(line, '/');
  if (name == NULL || strncmp(name, "/cala-", 6) != 0 || strstr(name, ".scope") != NULL) return -ENOENT;
  return (size_t)snprintf(out, size, CGROUP_ROOT "%s", line) < size ? 0 : -ENOENT;
}

int cgroup_file_write(const char *directory, const char *file, const char *value)
{
  char path[4300];
  snprintf(path, sizeof path, "%s/%s", directory, file);
  AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  return write(fd, value, strlen(value)) < 0 ? -errno : 0;
}

uint64_t cgroup_file_number(const char *directory, const char *file, const char *key)
{
  char path[4300], text[1024];
  snprintf(path, sizeof path, "%s/%s", directory, file);
  if (read_text(path, text, sizeof text) < 0) return 0;
  size_t length = strlen(key);
  for (char *line = text; line != NULL && *line != '\0'; line = strchr(line, '\n'), line = line == NULL ? NULL : line + 1) {
    if (strncmp(line, key, length) == 0 && line[length] == ' ') return strtoull(line + length, NULL, 10);
  }
  return 0;
}
