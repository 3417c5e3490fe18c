/* Names, kernel settings and the loopback device of the container. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "confined.h"
#include "launch.h"

int run_hostname(struct launch *launch, const struct plan_op *op) {
  (void)launch;
  struct op_hostname args;
  op_hostname_read(op, &args);
  return sethostname(args.name, strlen(args.name)) < 0 ? -errno : 0;
}

int run_domainname(struct launch *launch, const struct plan_op *op) {
  (void)launch;
  struct op_domainname args;
  op_domainname_read(op, &args);
  return setdomainname(args.name, strlen(args.name)) < 0 ? -errno : 0;
}

int run_loopback_up(struct launch *launch, const struct plan_op *op) {
  (void)launch, (void)op;
  AUTO_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  struct ifreq request = {.ifr_name = "lo"};
  if (ioctl(fd, SIOCGIFFLAGS, &request) < 0) return -errno;
  request.ifr_flags |= IFF_UP | IFF_RUNNING;
  return ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
}

static int write_text(int fd, const char *text) {
  size_t length = strlen(text);
  return write(fd, text, length) == (ssize_t)length ? 0 : -errno;
}

int run_oom_score(struct launch *launch, const struct plan_op *op) {
  (void)launch;
  struct op_oom_score args;
  op_oom_score_read(op, &args);
  char text[16];
  snprintf(text, sizeof text, "%d", args.value);
  AUTO_CLOSE int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  return fd < 0 ? -errno : write_text(fd, text);
}

/* Through the /proc that this process has now, the host's, which shows the settings of its namespaces as well: the container's may have less of
 * them (subset=pid), and anything mounted over it (CVE-2025-52881). */
int run_sysctl(struct launch *launch, const struct plan_op *op) {
  struct op_sysctl args;
  op_sysctl_read(op, &args);
  char path[512];
  int length = snprintf(path, sizeof path, "sys/%s", args.file);
  if (length < 0 || (size_t)length >= sizeof path) return -ENAMETOOLONG;
  AUTO_CLOSE int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  AUTO_CLOSE int fd = proc < 0 ? -errno : confined_open_own(proc, path);
  if (fd == -EXDEV || fd == -ENODEV) launch_explain(launch, "something is mounted over the host's /proc/sys", NULL);
  return fd < 0 ? fd : write_text(fd, args.value);
}
