/* The applet `owners-probe DIR`, run as root of the outer user namespace: whether files of DIR can be given to another one of the user's ids. Servers
 * of network file systems know nothing of namespaces: to them it is an ordinary user who tries. Ends with 0, or with 3 where it is refused. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>

#include "applets.h"
#include "cleanup.h"
#include "sys.h"

#define REFUSED 3
#define UNKNOWN 4

int applet_owners_probe(int argc, char **argv) {
  char name[4200]; /* as those of core/fs/write-atomic.ts: what a killed process leaves is known, and swept */
  if (argc != 2 || (size_t)snprintf(name, sizeof name, "%s/owners.%d.000000000000.tmp", argv[1], (int)getpid()) >= sizeof name) return UNKNOWN;
  AUTO_CLOSE int file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return UNKNOWN;
  int error = fchown(file, 1, 1) < 0 ? errno : 0;
  unlink(name);
  return error == 0 ? 0 : error == ENOSPC || error == EDQUOT || error == EIO ? UNKNOWN : REFUSED;
}
