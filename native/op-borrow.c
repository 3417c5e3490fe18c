/* A mount of another container's, which the two share: /dev/shm with --ipc container:NAME. The monitor takes a copy of it, as root of the
 * namespace that both containers' are in; the container attaches it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>

#include "confined.h"
#include "launch.h"
#include "mounts.h"

/* In a process that shares the descriptors, but not the root directory, which changes with the mount namespace. */
_Noreturn static void borrow_child(const struct op_borrow_mount *args, int pidfd, int answer) {
  int result = sys_setns(pidfd, NS_MOUNT);
  /* What lies there is the other container's to say, but for links: those could lead to what it does not mean to share. */
  int place = result < 0 ? result : open(args->path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (result == 0) result = place < 0 ? -errno : mount_copy(place, "", 0);
  if (place >= 0) close(place);
  (void)!write(answer, &result, sizeof result);
  _exit(0);
}

int run_borrow_mount(struct launch *launch, const struct plan_op *op) {
  struct op_borrow_mount args;
  op_borrow_mount_read(op, &args);
  AUTO_CLOSE int pidfd = sys_pidfd_open((pid_t)args.pid);
  if (pidfd < 0) return pidfd;
  if (process_start_time((pid_t)args.pid) != args.start) return -ESRCH;
  int answer[2], result = -EIO;
  if (pipe2(answer, O_CLOEXEC) < 0) return -errno;
  pid_t child = sys_clone(CLONE_FILES);
  if (child == 0) borrow_child(&args, pidfd, answer[1]);
  if (child < 0) result = (int)child;
  while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
  close(answer[1]);
  if (child > 0 && read(answer[0], &result, sizeof result) != sizeof result) result = -EIO;
  close(answer[0]);
  if (result < 0) return result;
  launch->borrowed = result;
  return 0;
}

int run_mount_borrowed(struct launch *launch, const struct plan_op *op) {
  struct op_mount_borrowed args;
  op_mount_borrowed_read(op, &args);
  AUTO_CLOSE int place = confined_make(launch->root, args.destination, CONFINED_DIRECTORY, 0755);
  if (place < 0) return place;
  return launch->borrowed < 0 ? -ENOENT : mount_attach(launch->borrowed, place, args.attributes, 0, 0);
}
