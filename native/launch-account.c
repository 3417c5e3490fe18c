/* Root becomes the system account `cala`: root's containers belong to it, and container root is never host root. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "launch-front.h"

#define ACCOUNT_NAME "cala"
#define CAPABILITY_DAC_READ_SEARCH 2
#define CAPABILITY_VERSION_3 0x20080522u
#define BIT(number) (1ull << (number))
/* What CRIU needs beyond that to save processes of the account (core/container/criu.ts): SETGID, SYS_CHROOT and SYS_ADMIN. */
#define CAPABILITIES_OF_CRIU (BIT(6) | BIT(18) | BIT(21))

struct account {
  uid_t uid;
  gid_t gid;
  char home[PATH_MAX];
};

bool front_is_real_root(void)
{
  char line[128];
  FILE *map = fopen("/proc/self/uid_map", "re");
  if (map == NULL) return true; /* a kernel without user namespaces has one root only */
  unsigned long inside = 1, outside = 1, count = 0;
  bool is_read = fgets(line, sizeof line, map) != NULL && sscanf(line, "%lu %lu %lu", &inside, &outside, &count) == 3;
  fclose(map);
  return is_read && inside == 0 && outside == 0 && count == 4294967295ul;
}

/* Reads one line of /etc/passwd: name:password:uid:gid:comment:home:shell. True when it is the account's. */
static bool front_account_parse(char *line, struct account *account)
{
  char *fields[7];
  size_t count = 0;
  for (char *rest = line; rest != NULL && count < 7;) fields[count++] = strsep(&rest, ":\n");
  if (count < 7 || strcmp(fields[0], ACCOUNT_NAME) != 0) return false;
  account->uid = (uid_t)strtoul(fields[2], NULL, 10);
  account->gid = (gid_t)strtoul(fields[3], NULL, 10);
  snprintf(account->home, sizeof account->home, "%s", fields[5]);
  return account->uid != 0 && account->gid != 0 && account->home[0] == '/';
}

/* Our libc is static: it could not load the modules of the name service, and the account is a local one by making. */
static bool front_account_find(struct account *account)
{
  char *line = NULL;
  size_t size = 0;
  bool is_found = false;
  FILE *passwd = fopen("/etc/passwd", "re");
  if (passwd == NULL) return false;
  while (!is_found && getline(&line, &size, passwd) > 0) is_found = front_account_parse(line, account);
  free(line);
  fclose(passwd);
  return is_found;
}

/* Whether the command is `container checkpoint`; words before it are global options and their values. */
static bool front_is_checkpoint(char **argv)
{
  size_t at = 1;
  while (argv[0] != NULL && argv[at] != NULL && strcmp(argv[at], "container") != 0 && (argv[at][0] == '-' || argv[at - 1][0] == '-')) at++;
  return argv[0] != NULL && argv[at] != NULL && strcmp(argv[at], "container") == 0 && argv[at + 1] != NULL && strcmp(argv[at + 1], "checkpoint") == 0;
}

/* Keeps the capability by which the front end can read root's files: archives to load, env files, directories to build from. For saving
 * containers also those that CRIU needs, as far as they are there. */
static int front_account_keep(uint64_t wanted)
{
  struct { uint32_t version; int pid; } header = {CAPABILITY_VERSION_3, 0};
  struct { uint32_t effective, permitted, inheritable; } sets[2] = {{0}};
  if (syscall(SYS_capget, &header, sets) < 0) return -errno;
  uint64_t kept = wanted & (sets[0].permitted | (uint64_t)sets[1].permitted << 32);
  for (int half = 0; half < 2; half++) sets[half].effective = sets[half].permitted = sets[half].inheritable = (uint32_t)(kept >> (32 * half));
  if (syscall(SYS_capset, &header, sets) < 0) return -errno;
  for (unsigned number = 0; number < 64; number++)
    if ((kept & BIT(number)) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) < 0) return -errno;
  return 0;
}

static bool front_account_owns_path(const struct account *account, const char *path)
{
  size_t length = strlen(account->home);
  return strncmp(path, account->home, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static int front_account_adjust_environment(const struct account *account, struct front_environment *environment)
{
  static const char *const places[] = {"XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"};
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    const char *path = front_environment_get(environment, places[i]);
    if (path != NULL && !front_account_owns_path(account, path)) front_environment_remove(environment, places[i]);
  }
  front_environment_remove(environment, "DBUS_SESSION_BUS_ADDRESS"); /* root's, which would refuse us */
  int result = front_environment_set(environment, "HOME", account->home);
  if (result == 0) result = front_environment_set(environment, "USER", ACCOUNT_NAME);
  return result < 0 ? result : front_environment_set(environment, "LOGNAME", ACCOUNT_NAME);
}

int front_become_account(struct front_environment *environment, char **argv, const char **why)
{
  static struct account account;
  *why = "cala is not set up for root: run ./install.sh as root";
  if (!front_account_find(&account)) return -ENOENT;
  *why = "cannot become the account \"" ACCOUNT_NAME "\", to which root's containers belong";
  if (setgroups(0, NULL) < 0 || setresgid(account.gid, account.gid, account.gid) < 0) return -errno;
  prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
  if (setresuid(account.uid, account.uid, account.uid) < 0) return -errno;
  prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
  front_account_keep(BIT(CAPABILITY_DAC_READ_SEARCH) | (front_is_checkpoint(argv) ? CAPABILITIES_OF_CRIU : 0)); /* a container or a jail may lack it: then only what everybody may read can be read */
  return front_account_adjust_environment(&account, environment);
}
