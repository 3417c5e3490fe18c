/* Runs this program from sealed memory: a container could otherwise overwrite the user's own binary through /proc/PID/exe
 * (CVE-2019-5736). */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "container.h"
#include "cleanup.h"
#include "sys.h"

#define ADD_SEALS 1033
#define GET_SEALS 1034
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

int seal_self(char **argv) {
  AUTO_CLOSE int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (self < 0) return -errno;
  int seals = fcntl(self, GET_SEALS);
  if (seals >= 0 && (seals & ALL_SEALS) == ALL_SEALS) return 0;
  AUTO_CLOSE int memory = memory_file();
  if (memory < 0) return memory;
  int result = copy_all(self, memory);
  if (result < 0) return result;
  if (fcntl(memory, ADD_SEALS, ALL_SEALS) < 0) return -errno;
  result = (int)sys_result(syscall(SYS_execveat, memory, "", argv, environ, AT_FLAG_EMPTY_PATH));
  /* Where a host forbids to execute memory (vm.memfd_noexec) the program goes on as it is. */
  return result == -EACCES || result == -EPERM ? 0 : result;
}
