/* The applet `probe-overlay DIRECTORY [PROGRAM]`: tries the kernel's overlay, or the program fuse-overlayfs, on the directories lower, upper, work
 * and merged in it. Run in the outer user namespace with a mount namespace of its own; exit code 0 if it works, else one line of words: 1 where
 * that is for good, PASSING where the host lacks something at the moment. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applets.h"

#define OPTIONS "lowerdir=lower,upperdir=upper,workdir=work"
#define TRIES 2000
#define PAUSE_US 5000
#define PASSING 75 /* EX_TEMPFAIL */

static int failed(const char *what)
{
  int error = errno;
  dprintf(2, "%s: %s\n", what, strerror(error));
  switch (error) {
    case EAGAIN: case EINTR: case ENOMEM: case ENFILE: case EMFILE: case ENOSPC: case EDQUOT: case ETIMEDOUT: return PASSING;
    default: return 1;
  }
}

/* Everything that containers do to their files; 0 if it works. */
static int try_changes(void)
{
  struct stat status;
  errno = 0;
  if (unlink("merged/file") < 0 || lstat("upper/file", &status) < 0 || !S_ISCHR(status.st_mode))
    return failed("a file cannot be removed in it");
  /* A directory made where one was removed needs the attribute user.overlay.opaque. */
  if (rmdir("merged/directory") < 0 || mkdir("merged/directory", 0755) < 0)
    return failed("a directory cannot be replaced in it");
  if (mkdir("merged/new", 0755) < 0 || rename("merged/new", "merged/other") < 0)
    return failed("a directory cannot be made and renamed in it");
  int fd = open("merged/directory/file", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
  if (fd < 0 || write(fd, "x", 1) != 1 || fchmod(fd, 0600) < 0)
    return failed("a file cannot be written in it");
  close(fd);
  return 0;
}

/* Waits for the program's mount: -ECHILD when it has ended without one, -EINTR when it was killed. */
static int await_mount(pid_t program)
{
  int ended;
  struct stat place, above;
  for (int tries = 0; tries < TRIES; tries++) {
    if (stat("merged", &place) == 0 && stat(".", &above) == 0 && place.st_dev != above.st_dev)
      return 0;
    if (waitpid(program, &ended, WNOHANG) == program)
      return WIFSIGNALED(ended) ? -EINTR : -ECHILD;
    usleep(PAUSE_US);
  }
  return -ETIMEDOUT;
}

static int try_program(const char *path)
{
  pid_t program = fork();
  if (program == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execl(path, path, "-f", "-o", OPTIONS, "merged", (char *)NULL);
    _exit(failed("cannot be executed"));
  }
  if (program < 0)
    return failed("fork");
  int mounted = await_mount(program);
  errno = -mounted;
  /* A program that has ended has said why. */
  int result = mounted == 0 ? try_changes() : mounted == -ECHILD ? 1 : failed("mount");
  umount2("merged", MNT_DETACH);
  if (mounted == 0 || mounted == -ETIMEDOUT) {
    kill(program, SIGKILL);
    waitpid(program, NULL, 0);
  }
  return result;
}

int applet_probe_overlay(int argc, char **argv)
{
  if (argc < 2 || argc > 3 || chdir(argv[1]) < 0)
    return failed("usage: probe-overlay DIRECTORY [PROGRAM]");
  int fd = open("lower/file", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
  if (fd < 0)
    return failed("cannot make a file");
  close(fd);
  if (mkdir("lower/directory", 0755) < 0)
    return failed("cannot make a directory");
  if (argc == 3)
    return try_program(argv[2]);
  if (mount("overlay", "merged", "overlay", 0, "userxattr," OPTIONS) < 0)
    return failed("mount");
  int result = try_changes();
  umount2("merged", MNT_DETACH);
  return result;
}
