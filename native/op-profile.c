/* The AppArmor profile or SELinux label that the exec enters, and the personality of the process. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/personality.h>

#include "confined.h"
#include "launch.h"

/* A file of this process in the container's /proc. */
static int open_own(const char *path) {
  AUTO_CLOSE int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  return proc < 0 ? -errno : confined_open_own(proc, path);
}

int run_apparmor(struct launch *launch, const struct plan_op *op) {
  struct op_apparmor args;
  op_apparmor_read(op, &args);
  char text[600];
  int length = snprintf(text, sizeof text, "exec %s", args.profile);
  if (length < 0 || (size_t)length >= sizeof text) return -ENAMETOOLONG;
  /* The former name is shared with other security modules. */
  AUTO_CLOSE int own = open_own("self/attr/apparmor/exec");
  AUTO_CLOSE int shared = own == -ENOENT ? open_own("self/attr/exec") : -1;
  int fd = own == -ENOENT ? shared : own;
  if (fd < 0) return fd;
  if (write(fd, text, (size_t)length) == length) return 0;
  if (errno == ENOENT) launch_explain(launch, "this profile is not loaded", args.profile);
  /* ENOENT would mean that the program is missing. */
  return errno == ENOENT ? -EINVAL : -errno;
}

int run_selinux(struct launch *launch, const struct plan_op *op) {
  struct op_selinux args;
  op_selinux_read(op, &args);
  ssize_t length = (ssize_t)strlen(args.label);
  AUTO_CLOSE int fd = open_own("self/attr/exec");
  if (fd < 0) return fd;
  if (write(fd, args.label, (size_t)length) == length) return 0;
  if (errno == EINVAL) launch_explain(launch, "this host's policy does not know the label", args.label);
  return -errno;
}

int run_personality(struct launch *launch, const struct plan_op *op) {
  (void)launch;
  struct op_personality args;
  op_personality_read(op, &args);
  return personality(args.persona) < 0 ? -errno : 0;
}
