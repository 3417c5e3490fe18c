/* Runs this program from sealed memory, or from a file without a name: a container could otherwise overwrite the user's own binary through /proc/PID/exe
 * (CVE-2019-5736). */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "container.h"
#include "cleanup.h"
#include "state.h"
#include "sys.h"

#define ADD_SEALS 1033
#define GET_SEALS 1034
/* Of the processes in the outer namespace, so many are looked at. */
#define SHARE_TRIES 16
#define ALL_SEALS 0x000f /* seal, shrink, grow, write */
#define MEMORY_CLOEXEC 1u
#define MEMORY_SEALABLE 2u
#define MEMORY_EXECUTABLE 0x10u

extern char **environ;

static int memory_file(void) {
  int fd = (int)sys_result(syscall(SYS_memfd_create, "cala", MEMORY_CLOEXEC | MEMORY_SEALABLE | MEMORY_EXECUTABLE));
  /* Linux before 6.3 does not know the last flag. */
  return fd == -EINVAL ? (int)sys_result(syscall(SYS_memfd_create, "cala", MEMORY_CLOEXEC | MEMORY_SEALABLE)) : fd;
}

static int copy_all(int from, int to) {
  struct stat status;
  if (fstat(from, &status) < 0) return -errno;
  off_t offset = 0;
  while (offset < status.st_size) {
    ssize_t count = sendfile(to, from, &offset, (size_t)(status.st_size - offset));
    if (count < 0 && errno != EINTR) return -errno;
    if (count == 0) return -EIO;
  }
  return 0;
}

/* From now on this program is that file; returns only on failure. */
static int run_from(int fd, char **argv) {
  return (int)sys_result(syscall(SYS_execveat, fd, "", argv, environ, AT_FLAG_EMPTY_PATH));
}

static int run_from_memory(int self, char **argv) {
  AUTO_CLOSE int memory = memory_file();
  if (memory < 0) return memory;
  int result = copy_all(self, memory);
  if (result < 0) return result;
  return fcntl(memory, ADD_SEALS, ALL_SEALS) < 0 ? -errno : run_from(memory, argv);
}

/* A copy without a name: whoever writes to it changes nothing that anybody will ever execute again. */
static int run_from_unnamed_file(int self, const char *dir, char **argv) {
  AUTO_CLOSE int copy = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0500);
  if (copy < 0) return -errno;
  int result = copy_all(self, copy);
  if (result < 0) return result;
  char name[32];
  snprintf(name, sizeof name, "/proc/self/fd/%d", copy);
  /* What somebody has open for writing cannot be executed. */
  AUTO_CLOSE int readable = open(name, O_RDONLY | O_CLOEXEC);
  if (readable < 0) return -errno;
  close(take_fd(&copy));
  return run_from(readable, argv);
}

static bool same_content(int one, int other) {
  char left[16384], right[16384];
  for (off_t offset = 0;;) {
    ssize_t count = pread(one, left, sizeof left, offset);
    if (count < 0 || pread(other, right, sizeof right, offset) != count || memcmp(left, right, (size_t)count) != 0) return false;
    if (count == 0) return true;
    offset += count;
  }
}

/* Runs the sealed copy of a process named PID-STARTTIME, if it is one of this very program; returns otherwise. */
static void run_from_process(int self, const char *name, char **argv) {
  char path[32];
  struct stat own, theirs;
  pid_t pid = (pid_t)atoi(name);
  const char *start = strchr(name, '-');
  if (pid <= 0 || !start || state_process_start(pid) != strtoull(start + 1, NULL, 10)) return;
  snprintf(path, sizeof path, "/proc/%d/exe", (int)pid);
  AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &theirs) < 0 || fstat(self, &own) < 0 || theirs.st_nlink != 0 || theirs.st_size != own.st_size) return;
  if (fcntl(fd, GET_SEALS) == ALL_SEALS && same_content(self, fd)) run_from(fd, argv);
}

void seal_self_as(const char *registry, char **argv) {
  AUTO_CLOSE int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (self < 0 || fstat(self, &status) < 0 || status.st_nlink == 0) return;
  AUTO_CLOSEDIR DIR *directory = opendir(registry);
  struct dirent *entry;
  for (int tries = 0; directory && tries < SHARE_TRIES && (entry = readdir(directory)); tries++) run_from_process(self, entry->d_name, argv);
}

int seal_self(char **argv, const char *dir) {
  AUTO_CLOSE int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (self < 0 || fstat(self, &status) < 0) return -errno;
  /* A file without a name: the copy. */
  if (status.st_nlink == 0) return 0;
  int result = run_from_memory(self, argv);
  /* Hosts that forbid to execute memory (vm.memfd_noexec). */
  if (result == -EACCES || result == -EPERM) result = run_from_unnamed_file(self, dir, argv);
  /* Some file systems have no unnamed files: the program goes on as it is. */
  return result == -EACCES || result == -EPERM || result == -EOPNOTSUPP || result == -EISDIR ? 0 : result;
}
