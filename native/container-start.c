/* One container from a checked plan, and its end. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "cgroup.h"
#include "launch.h"
#include "secrets.h"

uint64_t process_start_time(pid_t pid) {
  char path[32], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (length <= 0) return 0;
  text[length] = 0;
  /* The second field may contain anything, brackets and spaces too; it ends at the last bracket. */
  char *at = strrchr(text, ')');
  for (int field = 2; at && field < 22; field++) at = strchr(at + 1, ' ');
  return at ? strtoull(at + 1, NULL, 10) : 0;
}

static void undo(struct container_process *process, pid_t child) {
  if (child > 0) {
    kill(child, SIGKILL);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
  }
  if (process->pty_master >= 0) close(process->pty_master);
  if (process->pidfd >= 0) close(process->pidfd);
  process->pty_master = process->pidfd = -1;
  container_stop_helpers(process);
}

/* Streams that nobody has are the host's null device, opened out here: what bears its name in the container may be the image's (CVE-2025-31133). */
static int fill_streams(struct launch *launch) {
  int *fds[3] = {&launch->io.stdin_fd, &launch->io.stdout_fd, &launch->io.stderr_fd}, null = -1;
  for (int i = 0; i < 3; i++) {
    if (*fds[i] >= 0) continue;
    if (null < 0) null = open_null(O_RDWR);
    if (null < 0) return null;
    *fds[i] = null;
  }
  return null;
}

static pid_t clone_and_run(struct launch *launch, int *result) {
  AUTO_CLOSE int null = fill_streams(launch);
  int sync[2] = {-1, -1}, reports[2] = {-1, -1};
  if (null < -1 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sync) < 0 || pipe2(reports, O_CLOEXEC) < 0) {
    *result = report_fill(launch->report, REPORT_CLONE, 0, null < -1 ? -null : errno, null < -1 ? "the host's /dev/null" : "no descriptors");
    return -1;
  }
  bool nested = false;
  pid_t child = namespaces_clone(launch, &nested);
  if (child == 0) {
    close(sync[0]);
    close(reports[0]);
    launch_child(launch, sync[1], reports[1]);
  }
  close(sync[1]);
  close(reports[1]);
  *result = child < 0 ? (int)child : launch_parent(launch, child, sync[0], reports[0], nested);
  close(sync[0]);
  close(reports[0]);
  namespaces_end_holder(launch->network_holder);
  return child;
}

int container_start(const struct plan *plan, const struct container_io *io, struct container_process *out, struct report *report) {
  struct launch launch;
  *report = (struct report){0};
  *out = (struct container_process){.pidfd = -1, .pty_master = -1, .plan = plan};
  launch_init(&launch, plan, report);
  launch.io = *io;
  launch.secrets = io->secrets > 0 ? io->secrets : -1;
  launch.process = out;
  if (plan->kind != PLAN_KIND_CONTAINER) return report_fill(report, REPORT_PLAN, 8, EINVAL, "this plan is not for a container");
  int result = launch_run_section(&launch, PLAN_SECTION_HOST, REPORT_HOST);
  if (result < 0) {
    undo(out, -1);
    return result;
  }
  pid_t child = clone_and_run(&launch, &result);
  if (result == 0) result = restore_adopt(&launch, &child);
  if (launch.borrowed >= 0) close(launch.borrowed);
  out->pty_master = launch.pty_master;
  if (result < 0) {
    undo(out, child);
    return result;
  }
  out->pid = child;
  out->pidfd = sys_pidfd_open(child);
  out->pid_start = process_start_time(child);
  *report = (struct report){.stage = REPORT_STARTED, .pid = (uint32_t)child};
  snprintf(report->text, sizeof report->text, "%s", launch.note);
  return 0;
}

int launch_exec(const struct plan *plan, const struct container_io *io, int dir_fd, pid_t *pid, int *pty_master, struct report *report) {
  struct launch launch;
  launch_init(&launch, plan, report);
  launch.io = *io;
  launch.state_dir = dir_fd;
  int result = launch_run_section(&launch, PLAN_SECTION_HOST, REPORT_HOST);
  if (result < 0) return result;
  uint32_t variable = plan_find(plan, PLAN_SECTION_SETUP, OP_SECRET_VARIABLE, 0);
  AUTO_CLOSE int secrets = variable == UINT32_MAX ? -1 : secrets_of_monitor(dir_fd);
  if (variable != UINT32_MAX && secrets < 0) return report_fill(report, REPORT_SETUP, variable, -secrets, "the monitor's copy of the container's secrets cannot be read");
  launch.secrets = secrets;
  *pid = clone_and_run(&launch, &result);
  *pty_master = launch.pty_master;
  if (result < 0 && *pid > 0) {
    kill(*pid, SIGKILL);
    waitpid(*pid, NULL, 0);
  }
  return result;
}

void container_stop_helpers(struct container_process *process) {
  helpers_stop(process);
  if (process->plan) cgroup_remove_all(process->plan);
}

bool container_restart_helpers(struct container_process *process) {
  return helpers_restart(process);
}

void container_halt_helpers(struct container_process *process) {
  helpers_halt(process);
}
