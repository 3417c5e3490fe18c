/* The applet `probe-overlay DIRECTORY`: tries the kernel's overlay on the directories lower, upper, work and merged in it. Run in the
 * outer user namespace with a mount namespace of its own; exit code 0 if it works, else one line of words. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applets.h"

static int failed(const char *what)
{
  dprintf(2, "%s: %s\n", what, strerror(errno));
  return 1;
}

int applet_probe_overlay(int argc, char **argv)
{
  struct stat status;
  if (argc != 2 || chdir(argv[1]) < 0)
    return failed("usage: probe-overlay DIRECTORY");
  int fd = open("lower/file", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
  if (fd < 0)
    return failed("cannot make a file");
  close(fd);
  if (mkdir("lower/directory", 0755) < 0)
    return failed("cannot make a directory");
  if (mount("overlay", "merged", "overlay", 0, "userxattr,lowerdir=lower,upperdir=upper,workdir=work") < 0)
    return failed("mount");
  int result = 0;
  if (unlink("merged/file") < 0 || lstat("upper/file", &status) < 0 || !S_ISCHR(status.st_mode))
    result = failed("a file cannot be removed in it");
  /* A directory made where one was removed needs the attribute user.overlay.opaque. */
  else if (rmdir("merged/directory") < 0 || mkdir("merged/directory", 0755) < 0)
    result = failed("a directory cannot be replaced in it");
  umount2("merged", MNT_DETACH);
  return result;
}
