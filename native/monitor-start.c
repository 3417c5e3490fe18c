/* Starting the container: its pipes, the launch itself, and what the loop must watch afterwards. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "monitor.h"

enum { PIPE_STDIN, PIPE_STDOUT, PIPE_STDERR, PIPE_COUNT };

struct pipe_ends {
  int ours;
  int theirs;
};

static void pipe_ends_close(struct pipe_ends pipes[PIPE_COUNT])
{
  for (size_t i = 0; i < PIPE_COUNT; i++) {
    if (pipes[i].ours >= 0) close(pipes[i].ours);
    if (pipes[i].theirs >= 0) close(pipes[i].theirs);
    pipes[i].ours = pipes[i].theirs = -1;
  }
}

/* Makes one pipe whose near end never blocks. 0 or -errno. */
static int pipe_ends_make(struct pipe_ends *out, bool we_read)
{
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) < 0) return -errno;
  *out = (struct pipe_ends){.ours = fds[we_read ? 0 : 1], .theirs = fds[we_read ? 1 : 0]};
  /* Programs reopen /dev/stdout, and not always as the user that the pipe belongs to; nobody else can reach it by a name. */
  fchmod(out->theirs, 0666);
  return fcntl(out->ours, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

static int monitor_make_pipes(const struct monitor *monitor, struct pipe_ends pipes[PIPE_COUNT])
{
  if ((monitor->settings.flags & MONITOR_TTY) || monitor->is_passthrough) return 0;
  int result = 0;
  for (size_t i = 0; i < PIPE_COUNT && result == 0; i++) {
    if (i == PIPE_STDIN && (monitor->settings.flags & MONITOR_STDIN) == 0) continue;
    result = pipe_ends_make(&pipes[i], i != PIPE_STDIN);
  }
  return result;
}

/* The container starts with the signals that a shell would give it; our loop has its own idea of them. */
static void monitor_use_signals(bool for_container)
{
  sigset_t set;
  sigemptyset(&set);
  if (!for_container) {
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
  }
  signal(SIGPIPE, for_container ? SIG_DFL : SIG_IGN);
  signal(SIGHUP, for_container ? SIG_DFL : SIG_IGN);
  signal(SIGINT, for_container ? SIG_DFL : SIG_IGN);
  sigprocmask(SIG_SETMASK, &set, NULL);
}

static void monitor_adopt_terminal(struct monitor *monitor)
{
  int master = monitor->process.pty_master;
  fcntl(master, F_SETFD, FD_CLOEXEC);
  fcntl(master, F_SETFL, fcntl(master, F_GETFL) | O_NONBLOCK);
  monitor->outputs[0] = (struct output){.fd = master, .stream = LOG_STDOUT, .is_terminal = true};
  monitor->outputs[1].fd = -1;
  /* A descriptor of its own: input and output are watched apart. */
  monitor->input.fd = monitor->settings.flags & MONITOR_STDIN ? fcntl(master, F_DUPFD_CLOEXEC, 3) : -1;
}

static void monitor_adopt_process(struct monitor *monitor, struct pipe_ends pipes[PIPE_COUNT])
{
  if (monitor->process.pty_master >= 0) {
    monitor_adopt_terminal(monitor);
  } else {
    monitor->outputs[0] = (struct output){.fd = pipes[PIPE_STDOUT].ours, .stream = LOG_STDOUT};
    monitor->outputs[1] = (struct output){.fd = pipes[PIPE_STDERR].ours, .stream = LOG_STDERR};
    monitor->input.fd = pipes[PIPE_STDIN].ours;
    for (size_t i = 0; i < PIPE_COUNT; i++) pipes[i].ours = -1;
  }
  pipe_ends_close(pipes);
  monitor->phase = PHASE_RUNNING;
  monitor->started_ms = timestamp_monotonic_ms();
  if (monitor->settings.timeout_ms > 0) monitor->timeout_at = monitor->started_ms + monitor->settings.timeout_ms;
  monitor->state.status = STATE_RUNNING;
  monitor->state.pid = monitor->process.pid;
  monitor->state.pid_start = monitor->process.pid_start;
  timestamp_now(monitor->state.started_at);
  monitor->state.finished_at[0] = '\0';
  monitor->state.exit_code = 0;
  monitor->state.oom_killed = 0;
  event_emit(&monitor->settings.events, monitor->dir_fd, "start", "");
  monitor_watch(monitor, monitor->process.pidfd, EPOLLIN, SOURCE_PROCESS, 0);
  monitor_watch_networks(monitor);
  monitor_resolver_begin(monitor);
}

int monitor_start_container(struct monitor *monitor, struct report *report)
{
  struct pipe_ends pipes[PIPE_COUNT] = {{-1, -1}, {-1, -1}, {-1, -1}};
  int result = monitor_make_pipes(monitor, pipes);
  if (result < 0) *report = (struct report){.stage = REPORT_MONITOR, .error = -result, .text = "making pipes"};
  if (result == 0) {
    struct container_io io = {.stdin_fd = pipes[PIPE_STDIN].theirs, .stdout_fd = pipes[PIPE_STDOUT].theirs, .stderr_fd = pipes[PIPE_STDERR].theirs,
      .rows = monitor->rows, .columns = monitor->columns, .networks = &monitor->networks, .secrets = monitor->secrets, .handed = monitor->handed, .is_off = monitor->is_off};
    if (monitor->is_passthrough) io.stdin_fd = PASSTHROUGH_FD, io.stdout_fd = PASSTHROUGH_FD + 1, io.stderr_fd = PASSTHROUGH_FD + 2;
    monitor->process = (struct container_process){.pidfd = -1, .pty_master = -1};
    monitor_use_signals(true);
    result = container_start(monitor->plan, &io, &monitor->process, report);
    monitor_use_signals(false);
  }
  if (result < 0) {
    pipe_ends_close(pipes);
    monitor->process = (struct container_process){.pidfd = -1, .pty_master = -1};
    memberships_leave(&monitor->networks, false);
    return result;
  }
  monitor_adopt_process(monitor, pipes);
  if (report->text[0]) snprintf(monitor->state.error, sizeof monitor->state.error, "%s", report->text);
  monitor_pid_files_write(monitor);
  monitor_notify_started(monitor);
  monitor_health_begin(monitor);
  monitor_reap(monitor); /* a helper may have ended before its signal was waited for */
  return 0;
}

void monitor_describe_failure(const struct report *report, char *out, size_t size)
{
  static const char *const stages[] = {"", "plan", "outer user namespace", "host section", "namespaces", "setup section", "enter section", "helper", "monitor"};
  const char *stage = report->stage < sizeof stages / sizeof stages[0] ? stages[report->stage] : "unknown stage";
  snprintf(out, size, "start failed: %s, op %u: %s%s%s", stage, (unsigned)report->op_index, strerror(report->error),
    report->text[0] == '\0' ? "" : ": ", report->text);
}
