/* A wall of the kernel's where there are no namespaces: this process and all that come of it can open, make, remove and execute nothing but
 * what lies below the places of the container (landlock(7)). Modes, times and names of other files it does not guard. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "sys.h"
#include "trace.h"

#define SYS_CREATE 444
#define SYS_ADD_RULE 445
#define SYS_RESTRICT 446
#define VERSION_FLAG 1u
#define RULE_PATH 1

#define FILE_RIGHTS_1 0x7ull /* execute, write, read */
#define ALL_RIGHTS_1 0x1fffull
#define RIGHT_REFER (1ull << 13)
#define RIGHT_TRUNCATE (1ull << 14)
#define RIGHT_IOCTL (1ull << 15)
#define READ_RIGHTS (0x1ull | 0x4ull | 0x8ull | RIGHT_IOCTL) /* execute, read files and directories */
#define SCOPE_ABSTRACT_SOCKETS 1ull
#define SCOPE_SIGNALS 2ull

struct ruleset {
  uint64_t files, network, scopes;
};

struct __attribute__((packed)) path_rule {
  uint64_t allowed;
  int32_t parent;
};

static int add_place(int rules, uint64_t handled, const char *path, bool read_only) {
  AUTO_CLOSE int place = open(path, O_PATH | O_CLOEXEC);
  struct stat status;
  if (place < 0 || fstat(place, &status) < 0) return 0; /* what is not there need not be allowed */
  uint64_t allowed = read_only ? handled & READ_RIGHTS : handled;
  if (!S_ISDIR(status.st_mode)) allowed &= FILE_RIGHTS_1 | RIGHT_TRUNCATE | RIGHT_IOCTL;
  struct path_rule rule = {allowed, place};
  return (int)sys_result(syscall(SYS_ADD_RULE, rules, RULE_PATH, &rule, 0));
}

int landlock_wall(const struct trace_space *space) {
  int version = (int)syscall(SYS_CREATE, NULL, 0, VERSION_FLAG);
  if (version < 1) return 0;
  struct ruleset attributes = {.files = ALL_RIGHTS_1};
  if (version >= 2) attributes.files |= RIGHT_REFER;
  if (version >= 3) attributes.files |= RIGHT_TRUNCATE;
  if (version >= 5) attributes.files |= RIGHT_IOCTL;
  if (version >= 6) attributes.scopes = SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS;
  size_t size = version >= 6 ? sizeof attributes : version >= 4 ? 16 : 8;
  AUTO_CLOSE int rules = (int)sys_result(syscall(SYS_CREATE, &attributes, size, 0));
  if (rules < 0) return rules;
  for (size_t i = 0; i < space->count; i++) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.*s", (int)space->binds[i].host_length, space->binds[i].host);
    int result = add_place(rules, attributes.files, *path ? path : "/", space->binds[i].read_only);
    if (result < 0) return result;
  }
  int result = (int)sys_result(syscall(SYS_RESTRICT, rules, 0));
  return result < 0 ? result : version;
}
