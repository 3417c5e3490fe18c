/* The applet `userns-probe`: whether this user may make a user namespace and be root in it. Prints the name of the error otherwise, and
 * which kind of namespaces has reached its limit. */
#define _GNU_SOURCE
#include <stdio.h>

#include "applets.h"
#include "sys.h"

static const char *name_of(int error) {
  switch (error) {
    case EPERM: return "EPERM";
    case EUSERS: return "EUSERS";
    case ENOSYS: return "ENOSYS";
    case EACCES: return "EACCES";
    case EINVAL: return "EINVAL";
    case EAGAIN: return "EAGAIN";
    case ENOMEM: return "ENOMEM";
    case ENFILE: return "ENFILE";
    case EMFILE: return "EMFILE";
    default: return "an error";
  }
}

int applet_userns_probe(int argc, char **argv) {
  (void)argc, (void)argv;
  const char *kind = "user";
  int result = sys_unshare(NS_USER);
  /* Where a policy allows the namespace, but gives no powers in it, this is refused (Ubuntu's AppArmor). */
  if (result == 0) {
    kind = "mount";
    result = sys_unshare(NS_MOUNT);
  }
  if (result == 0) result = sys_mount(NULL, "/", NULL, MOUNT_REC | MOUNT_SLAVE, NULL);
  if (result == 0) return 0;
  if (result == -ENOSPC) printf("ENOSPC %s\n", kind);
  else printf("%s\n", name_of(-result));
  return 1;
}
