/* A probe: an exec from a plan that was compiled at the launch, with an end to its time. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "exec-template.h"
#include "launch.h"
#include "timestamp.h"

/* What is written after the probe itself has ended is not waited for. */
static void read_some(int fd, struct probe_output *output) {
  char rest[4096];
  for (;;) {
    size_t room = output->size - output->length;
    ssize_t count = read(fd, room > 0 ? output->text + output->length : rest, room > 0 ? room : sizeof rest);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    if (room > 0) output->length += (size_t)count;
  }
}

/* 0 when the process has ended, -ETIMEDOUT. */
static int await_end(int pidfd, int output_fd, uint32_t timeout_ms, struct probe_output *output) {
  int64_t until = timestamp_monotonic_ms() + timeout_ms;
  struct pollfd both[2] = {{.fd = pidfd, .events = POLLIN}, {.fd = output_fd, .events = POLLIN}};
  for (;;) {
    int64_t left = timeout_ms == 0 ? -1 : until - timestamp_monotonic_ms();
    if (timeout_ms > 0 && left <= 0) return -ETIMEDOUT;
    if (poll(both, 2, (int)left) < 0 && errno != EINTR) return -errno;
    if (both[1].revents) read_some(output_fd, output);
    if (both[1].revents & POLLHUP) both[1].fd = -1;
    if (both[0].revents) return 0;
  }
}

static int run_probe(const struct plan *plan, int dir_fd, uint32_t timeout_ms, struct probe_output *output, struct report *report) {
  int fds[2], master, status = 0;
  pid_t pid = -1;
  if (pipe2(fds, O_CLOEXEC) < 0) return -errno;
  AUTO_CLOSE int ours = fds[0];
  fcntl(ours, F_SETFL, O_NONBLOCK);
  fchmod(fds[1], 0666);
  struct container_io io = {.stdin_fd = -1, .stdout_fd = fds[1], .stderr_fd = fds[1]};
  int result = launch_exec(plan, &io, dir_fd, &pid, &master, report);
  close(fds[1]);
  if (result < 0) return result;
  AUTO_CLOSE int pidfd = sys_pidfd_open(pid);
  result = pidfd < 0 ? pidfd : await_end(pidfd, ours, timeout_ms, output);
  /* It leads a session of its own: what it has started goes with it. */
  if (result < 0) kill(-pid, SIGKILL);
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  read_some(ours, output);
  if (result < 0) return result;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int container_probe(int dir_fd, const char *name, const struct state *state, uint32_t timeout_ms, struct probe_output *output, struct report *report) {
  struct plan *plan = NULL;
  int result = exec_template_load(dir_fd, name, state, &plan);
  if (result < 0) return report_fill(report, REPORT_PLAN, 0, -result, "its plan");
  result = run_probe(plan, dir_fd, timeout_ms, output, report);
  plan_free(plan);
  return result;
}
