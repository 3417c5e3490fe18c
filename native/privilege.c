/* Dropping what the launcher kept for the front end. */
#define _GNU_SOURCE
#include "privilege.h"
#include <errno.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CAPABILITY_DAC_READ_SEARCH 2
#define CAPABILITY_VERSION_3 0x20080522u

int privilege_drop_ambient(void)
{
  /* Capabilities that nobody added to the ambient set are the caller's own, as for root inside a container: they stay. */
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAPABILITY_DAC_READ_SEARCH, 0, 0) <= 0) return 0;
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) return -errno;
  struct { uint32_t version; int pid; } header = {CAPABILITY_VERSION_3, 0};
  uint32_t none[6] = {0};
  return syscall(SYS_capset, &header, none) < 0 ? -errno : 0;
}
