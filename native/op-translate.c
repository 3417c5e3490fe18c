/* The container without namespaces: its root is a tree of the host to which a supervisor leads every path (trace.h), behind a wall of
 * landlock where the kernel has that. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "confined.h"
#include "launch.h"
#include "trace.h"

#ifndef PTRACE_SEIZE
#define PTRACE_SEIZE 0x4206
#endif

static struct trace_space the_space;

/* Of an exec: the container's first process. */
static struct process_name {
  pid_t pid;
  uint64_t start;
} the_container;

static int supervisor_prepare(const struct launch *launch) {
  char byte;
  if (launch->plan->kind == PLAN_KIND_CONTAINER && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) return -errno;
  return recv(launch->sync, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0 ? -EPIPE : 0;
}

/* Without a pid namespace the end of the container's first process does not end what was executed in it later. */
static void end_with(pid_t supervisor, const struct process_name *container) {
  if (!container->pid || fork() != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  prctl(PR_SET_NAME, "cala-watcher");
  struct pollfd end = {.fd = sys_pidfd_open(container->pid), .events = POLLIN};
  while (end.fd >= 0 && process_start_time(container->pid) == container->start && poll(&end, 1, -1) < 0 && errno == EINTR) continue;
  if (getppid() == supervisor) kill(supervisor, SIGKILL);
  _exit(0);
}

_Noreturn static void supervise(const struct trace_space *space, pid_t child, int go) {
  static const long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;
  char answer = ptrace(PTRACE_SEIZE, child, NULL, (void *)options) < 0 ? (char)errno : 0;
  (void)!write(go, &answer, 1);
  sys_close_range(0, ~0u, 0);
  prctl(PR_SET_NAME, "cala-supervisor");
  end_with(getpid(), &the_container);
  trace_supervise(space, child);
}

/* The child goes on; this process, which its starter knows, becomes the supervisor. */
int trace_begin(struct launch *launch, const struct trace_space *space) {
  int channel[2], ready[2];
  char refusal = 0;
  int result = supervisor_prepare(launch);
  if (result < 0) return result;
  if (pipe2(channel, O_CLOEXEC) < 0 || pipe2(ready, O_CLOEXEC) < 0) return -errno;
  pid_t child = fork();
  if (child < 0) return -errno;
  if (child > 0) {
    char byte;
    close(channel[0]);
    close(ready[1]);
    (void)!read(ready[0], &byte, 1);
    supervise(space, child, channel[1]);
  }
  close(channel[1]);
  /* A process that has joined a container hides from those in it; from its supervisor it must not, and has nothing of the host's open any more. */
  prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  (void)!write(ready[1], "d", 1);
  close(ready[0]);
  close(ready[1]);
  ssize_t count = read(channel[0], &refusal, 1);
  close(channel[0]);
  if (count != 1) return -ECHILD;
  if (refusal) {
    launch_explain(launch, "the kernel lets nobody supervise processes here (ptrace)", NULL);
    return -refusal;
  }
  if (space->translates && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -errno;
  result = space->translates ? landlock_wall(space) : 0;
  return result < 0 ? result : trace_filter_install(space);
}

int run_translate_root(struct launch *launch, const struct plan_op *op) {
  struct op_translate_root args;
  op_translate_root_read(op, &args);
  launch->root = open(args.rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (launch->root < 0) return -errno;
  the_space = (struct trace_space){.translates = true, .alias = args.alias, .hostname = args.hostname, .no_new_privileges = (args.flags & PLAN_TRANSLATE_NO_NEW_PRIVILEGES) != 0};
  the_space.without_network = (args.flags & PLAN_TRANSLATE_WITHOUT_NETWORK) != 0;
  the_container = (struct process_name){(pid_t)args.pid, args.start};
  if (*args.alias && symlink(args.rootfs, args.alias) < 0 && errno != EEXIST) return -errno;
  return trace_space_add(&the_space, "", args.rootfs, (args.flags & PLAN_TRANSLATE_READ_ONLY) != 0);
}

/* The place is made in the container's tree, so that directories list it. */
int run_translate_bind(struct launch *launch, const struct plan_op *op) {
  struct op_translate_bind args;
  struct stat status;
  op_translate_bind_read(op, &args);
  if (stat(args.source, &status) < 0) {
    if (errno == ENOENT && (args.flags & PLAN_TRANSLATE_OPTIONAL)) return 0;
    launch_explain(launch, "source", args.source);
    return -errno;
  }
  AUTO_CLOSE int target = confined_make(launch->root, args.destination, S_ISDIR(status.st_mode) ? CONFINED_DIRECTORY : CONFINED_FILE, S_ISDIR(status.st_mode) ? 0755 : 0644);
  /* Below a place that is bound itself nothing can be made here, and need not be. */
  if (target < 0 && !(args.flags & PLAN_TRANSLATE_NESTED)) {
    launch_explain(launch, "destination", args.destination);
    return target;
  }
  return trace_space_add(&the_space, args.destination, args.source, (args.flags & PLAN_TRANSLATE_READ_ONLY) != 0);
}

int run_translate(struct launch *launch, const struct plan_op *op) {
  (void)op;
  int result = trace_begin(launch, &the_space);
  if (result < 0) return result;
  setsid();
  launch->root = -1;
  return chdir("/") < 0 ? -errno : 0;
}

/* One id only, in namespaces of its own: paths are as they are. */
int identities_begin(struct launch *launch) {
  the_space = (struct trace_space){.alias = "", .hostname = ""};
  the_space.no_new_privileges = plan_find(launch->plan, PLAN_SECTION_ENTER, OP_NO_NEW_PRIVILEGES, 0) != UINT32_MAX;
  int result = trace_space_add(&the_space, "", "", false);
  if (result == 0) result = trace_begin(launch, &the_space);
  if (result < 0) return result;
  /* The supervisor leads the session; its terminal is for this process. */
  signal(SIGTTOU, SIG_IGN);
  setpgid(0, 0);
  if (isatty(0)) tcsetpgrp(0, getpid());
  signal(SIGTTOU, SIG_DFL);
  return 0;
}
