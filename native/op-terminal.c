/* The container's terminal, opened on its own devpts. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <termios.h>

#include "confined.h"
#include "launch.h"
#include "mounts.h"

#define DEVPTS_MAGIC 0x1cd1
#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

static int open_master(int root, const char *path) {
  AUTO_CLOSE int fd = confined_open(root, path, O_RDWR | O_NOCTTY);
  if (fd < 0) return fd;
  struct statfs system;
  if (fstatfs(fd, &system) < 0) return -errno;
  /* An image cannot put a file of its own here and be handed our terminal. */
  if (system.f_type != DEVPTS_MAGIC && strcmp(path, "/dev/ptmx") != 0) return -ENODEV;
  int unlock = 0;
  if (ioctl(fd, TIOCSPTLCK, &unlock) < 0) return -errno;
  return take_fd(&fd);
}

static int bind_console(struct launch *launch) {
  const char *name;
  AUTO_CLOSE int parent = confined_parent(launch->root, "/dev/console", &name);
  if (parent < 0) return parent;
  int made = openat(parent, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0620);
  if (made >= 0) close(made);
  /* A link of the image's would have the terminal cover something else. */
  AUTO_CLOSE int target = sys_openat2(parent, name, O_PATH | O_CLOEXEC, 0, RESOLVE_FLAG_NO_SYMLINKS);
  if (target < 0) {
    launch_explain(launch, target == -ELOOP ? "the image has a link there" : "destination", "/dev/console");
    return target;
  }
  /* By descriptor, never by the name below /dev/pts (CVE-2025-52565). */
  AUTO_CLOSE int mount = mount_copy(launch->pty_slave, "", 0);
  return mount < 0 ? mount : sys_move_mount(mount, target);
}

int run_terminal(struct launch *launch, const struct plan_op *op) {
  struct op_terminal args;
  op_terminal_read(op, &args);
  /* A container without mounts has the host's terminals. */
  bool own = plan_find(launch->plan, PLAN_SECTION_SETUP, OP_TRANSLATE, 0) == UINT32_MAX;
  AUTO_CLOSE int host_root = own ? -1 : open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  launch->pty_master = open_master(own ? launch->root : host_root, own ? "/dev/pts/ptmx" : "/dev/ptmx");
  if (launch->pty_master < 0) return launch->pty_master;
  /* By descriptor (Linux 4.13): a name could be another terminal by now. */
  launch->pty_slave = ioctl(launch->pty_master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (launch->pty_slave < 0) return -errno;
  struct winsize size = {.ws_row = (unsigned short)args.rows, .ws_col = (unsigned short)args.columns};
  if (launch->io.rows && launch->io.columns) size = (struct winsize){.ws_row = launch->io.rows, .ws_col = launch->io.columns};
  if (size.ws_row && size.ws_col && ioctl(launch->pty_master, TIOCSWINSZ, &size) < 0) return -errno;
  return args.bind_console ? bind_console(launch) : 0;
}
