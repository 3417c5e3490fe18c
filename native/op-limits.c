/* Limits, environment and working directory of the process to come. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "launch.h"
#include "secrets.h"

int run_rlimit(struct launch *launch, const struct plan_op *op) {
  (void)launch;
  struct op_rlimit args;
  op_rlimit_read(op, &args);
  struct rlimit limit = {.rlim_cur = args.soft, .rlim_max = args.hard};
  if (setrlimit((int)args.resource, &limit) == 0) return 0;
  if (errno != EPERM) return -errno;
  /* Only real root raises a hard limit: as high as the caller's own goes. */
  struct rlimit own;
  if (getrlimit((int)args.resource, &own) < 0) return -errno;
  if (limit.rlim_max > own.rlim_max) limit.rlim_max = own.rlim_max;
  if (limit.rlim_cur > limit.rlim_max) limit.rlim_cur = limit.rlim_max;
  return setrlimit((int)args.resource, &limit) < 0 ? -errno : 0;
}

int run_umask(struct launch *launch, const struct plan_op *op) {
  (void)launch;
  struct op_umask args;
  op_umask_read(op, &args);
  umask(args.mask & 0777);
  return 0;
}

int run_environment(struct launch *launch, const struct plan_op *op) {
  struct op_environment args;
  op_environment_read(op, &args);
  AUTO_FREE char **variables = plan_list_array(args.variables, 0);
  /* One more place, for HOME. */
  launch->environment = variables ? secrets_environment(launch, variables) : NULL;
  return launch->environment ? 0 : -ENOMEM;
}

/* A leaked descriptor of the host must not become the working directory (CVE-2024-21626): the kernel says "(unreachable)" of a
 * directory outside the root. */
int enter_directory(const char *path) {
  char place[4200];
  if (chdir(path) < 0) return -errno;
  if (syscall(SYS_getcwd, place, sizeof place) < 0) return -errno;
  return place[0] == '/' ? 0 : -EXDEV;
}

int run_working_directory(struct launch *launch, const struct plan_op *op) {
  struct op_working_directory args;
  op_working_directory_read(op, &args);
  int result = enter_directory(args.path);
  /* Some directories are open to their owner alone, as on NFS: tried again as the user. */
  if (result != -EACCES) return result;
  launch->directory = args.path;
  return 0;
}
