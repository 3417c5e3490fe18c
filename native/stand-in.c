#define _GNU_SOURCE
#include "stand-in.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int try_lock(int fd, int operation)
{
  int result;
  do result = flock(fd, operation);
  while (result < 0 && errno == EINTR);
  return result < 0 ? -errno : 0;
}

static int open_stand_in(int fd)
{
  const char *runtime = getenv("XDG_RUNTIME_DIR");
  struct stat status;
  char path[PATH_MAX];
  if (runtime == NULL || *runtime == '\0' || fstat(fd, &status) < 0) return -ENOLCK;
  if (snprintf(path, sizeof path, "%s/cala-locks", runtime) >= (int)sizeof path - 64) return -ENAMETOOLONG;
  if (mkdir(path, 0700) < 0 && errno != EEXIST) return -errno;
  if (snprintf(path, sizeof path, "%s/cala-locks/%llu-%llu", runtime, (unsigned long long)status.st_dev, (unsigned long long)status.st_ino) >= (int)sizeof path) return -ENAMETOOLONG;
  int other = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  return other < 0 ? -errno : other;
}

int lock_or_stand_in(int fd, int operation, int *held)
{
  int result = try_lock(fd, operation);
  if (result != -ENOLCK && result != -EOPNOTSUPP && result != -ENOSYS) return result;
  if (*held < 0) *held = open_stand_in(fd);
  return *held < 0 ? *held : try_lock(*held, operation);
}
