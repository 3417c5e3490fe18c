/* The applet `exec CONTAINER_DIR [--detach] [--no-stdin] [--tty] [--detach-keys K] [--hand FROM:TO…]`: one more process in a running
 * container. The plan is on descriptor 3; `--hand` names descriptors that the process gets (handed.h). In the foreground this process is the client itself: without a terminal the new process has its standard streams,
 * as far as they are no terminals. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applets.h"
#include "cleanup.h"
#include "exec-pipes.h"
#include "exec-relay.h"
#include "explain.h"
#include "handed.h"
#include "launch.h"

#define PLAN_FD 3

struct arguments {
  const char *container_dir;
  const char *detach_keys;
  bool detach;
  bool stdin_open;
  struct handed *handed; /* NULL: nothing */
};

static bool parse(int argc, char **argv, struct arguments *out) {
  *out = (struct arguments){.detach_keys = "ctrl-p,ctrl-q", .stdin_open = true};
  if (argc < 2) return false;
  out->container_dir = argv[1];
  for (int i = 2; i < argc; i++) {
    if (strcmp(argv[i], "--detach") == 0) out->detach = true;
    else if (strcmp(argv[i], "--no-stdin") == 0) out->stdin_open = false;
    else if (strcmp(argv[i], "--detach-keys") == 0 && i + 1 < argc) out->detach_keys = argv[++i];
    else if (strcmp(argv[i], "--hand") == 0 && i + 1 < argc && handed_parse(argv[i + 1], &out->handed) == 0) i++;
    else return false;
  }
  return true;
}

/* For the program alone: nothing that is executed on the way has them, and a pipe ends when the program has ended. */
static void hand_over(const struct handed *handed, bool is_done) {
  for (unsigned i = 0; handed && i < handed->count; i++) {
    if (is_done) close(handed->fds[i].from);
    else fcntl(handed->fds[i].from, F_SETFD, FD_CLOEXEC);
  }
}

static int wait_for(pid_t pid) {
  int status;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return 125;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void tell(const struct plan *plan, const struct arguments *arguments, const char *status, const char *more) {
  struct event_sink events;
  plan_events(plan, &events);
  AUTO_CLOSE int dir_fd = open(arguments->container_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
  event_emit(&events, dir_fd, status, more);
}

/* Relays until the process has ended, or leaves it alone; without a terminal its streams are `pipes`. Returns its exit code. */
static int follow(const struct arguments *arguments, struct exec_pipes *pipes, pid_t pid, int master) {
  if (!pipes) return arguments->detach ? exec_relay_abandon(master) : exec_relay(pid, master, arguments->stdin_open, arguments->detach_keys);
  if (arguments->detach) return 0;
  exec_pipes_relay(pipes, pid);
  return wait_for(pid);
}

int applet_exec(int argc, char **argv) {
  struct arguments arguments;
  struct report report = {0};
  if (!parse(argc, argv, &arguments)) {
    dprintf(2, "usage: exec CONTAINER_DIR [--detach] [--no-stdin] [--detach-keys KEYS], with the plan on descriptor 3\n");
    return 125;
  }
  /* The program to run may be /proc/self/exe, which is this one. */
  int result = seal_self(argv - 1, arguments.container_dir);
  struct plan *plan = NULL;
  if (result < 0) report_fill(&report, REPORT_MONITOR, 0, -result, "the program cannot be sealed");
  else result = plan_read_fd(PLAN_FD, &plan, &report);
  if (result == 0 && plan->kind != PLAN_KIND_EXEC) result = report_fill(&report, REPORT_PLAN, 8, EINVAL, "this plan starts a container");
  if (result < 0) return explain_failure(arguments.container_dir, &report);
  close(PLAN_FD);
  hand_over(arguments.handed, false);
  struct container_io io = {arguments.stdin_open && !arguments.detach ? 0 : -1, arguments.detach ? -1 : 1, arguments.detach ? -1 : 2, .handed = arguments.handed};
  bool has_terminal = plan_find(plan, PLAN_SECTION_SETUP, OP_TERMINAL, 0) != UINT32_MAX;
  struct exec_pipes pipes;
  AUTO_CLOSE int dir = open(arguments.container_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
  pid_t pid = -1;
  int master = -1;
  result = has_terminal ? 0 : exec_pipes_open(&pipes, &io, plan_find(plan, PLAN_SECTION_ENTER, OP_SELINUX, 0) != UINT32_MAX);
  if (result < 0) report_fill(&report, REPORT_MONITOR, 0, -result, "making pipes");
  else result = launch_exec(plan, &io, dir, &pid, &master, &report);
  hand_over(arguments.handed, true);
  if (!has_terminal) exec_pipes_close_theirs(&pipes);
  if (result < 0) return explain_failure(arguments.container_dir, &report);
  tell(plan, &arguments, "exec", "");
  int code = follow(&arguments, has_terminal ? NULL : &pipes, pid, master);
  if (arguments.detach) return code;
  char more[64];
  snprintf(more, sizeof more, ",\"ContainerExitCode\":%d", code);
  tell(plan, &arguments, "exec_died", more);
  return code;
}
