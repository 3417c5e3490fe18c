/* The end of a run: last output, exit record, restart policy, leaving. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cgroup-file.h"
#include "explain.h"
#include "monitor.h"

#define RESTART_PAUSE_FIRST_MS 100u
#define RESTART_PAUSE_MAX_MS 60000u
#define HELPER_PAUSE_FIRST_MS 250
#define HELPER_PAUSE_MAX_MS 30000
/* A run of this length shows that the container works: the next pause is short again. */
#define RESTART_GOOD_RUN_MS 10000

static void monitor_helper_ended(struct monitor *monitor, pid_t pid, int status)
{
  struct container_process *process = &monitor->process;
  for (int i = 0; i < process->helper_count; i++) {
    if (process->helpers[i] != pid) continue;
    process->helpers[i] = -1; /* its pid may soon be somebody else's */
    if (monitor->phase != PHASE_RUNNING) return;
    snprintf(monitor->state.error, sizeof monitor->state.error, "helper process %d ended early with status %d: network or file system may be gone",
      (int)pid, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    state_write(&monitor->state, monitor->dir_fd);
    int64_t now = timestamp_monotonic_ms();
    bool is_first = now - monitor->helper_started > HELPER_PAUSE_MAX_MS;
    monitor->helper_pause_ms = is_first ? 0 : monitor->helper_pause_ms ? monitor->helper_pause_ms * 2 : HELPER_PAUSE_FIRST_MS;
    if (monitor->helper_pause_ms > HELPER_PAUSE_MAX_MS) monitor->helper_pause_ms = HELPER_PAUSE_MAX_MS;
    monitor->helper_at = now + monitor->helper_pause_ms + 1;
    return;
  }
}

void monitor_restart_helpers(struct monitor *monitor)
{
  monitor->helper_started = timestamp_monotonic_ms();
  monitor->helper_at = 0;
  if (!container_restart_helpers(&monitor->process) || monitor->phase != PHASE_RUNNING) return; /* its end is a signal, too */
  snprintf(monitor->state.error, sizeof monitor->state.error, "helper process ended early, and was started again");
  state_write(&monitor->state, monitor->dir_fd);
}

void monitor_reap(struct monitor *monitor)
{
  for (;;) {
    siginfo_t info = {0};
    int status;
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0) return;
    if (info.si_pid == monitor->process.pid) return; /* its pidfd tells, too */
    if (waitpid(info.si_pid, &status, WNOHANG) != info.si_pid) continue;
    if (!monitor_health_reaped(monitor, info.si_pid, status)) monitor_helper_ended(monitor, info.si_pid, status);
  }
}

/* Its zombie still tells which group it was in, with the kernel's count of the victims there. */
static void monitor_note_oom(struct monitor *monitor)
{
  char group[PATH_MAX];
  if (cgroup_own_directory(monitor->process.pid, group, sizeof group) == 0) monitor->state.oom_killed = cgroup_file_number(group, "memory.events", "oom_kill") > 0;
}

void monitor_process_ended(struct monitor *monitor)
{
  int status = 0;
  if (monitor->phase != PHASE_RUNNING) return;
  monitor_note_oom(monitor);
  pid_t reaped = waitpid(monitor->process.pid, &status, WNOHANG);
  if (reaped == 0 || (reaped < 0 && errno == EINTR)) return;
  monitor->state.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  monitor->state.pid = 0;
  monitor->state.pid_start = 0;
  monitor_unwatch(monitor, monitor->process.pidfd);
  close(monitor->process.pidfd);
  monitor->process.pidfd = -1;
  monitor->process.pid = 0;
  monitor->kill_at = monitor->timeout_at = 0;
  monitor->phase = PHASE_DRAINING;
  monitor_keeper_end(monitor);
  monitor_health_end(monitor);
  monitor_reap(monitor); /* whose signals came while this one stood before them */
  monitor->drain_until = timestamp_monotonic_ms() + DRAIN_PATIENCE_MS;
}

static bool monitor_wants_restart(const struct monitor *monitor)
{
  const struct monitor_settings *settings = &monitor->settings;
  if (monitor->restart_is_cancelled) return false;
  if (monitor->restart_is_forced) return true;
  if (settings->restart_policy == RESTART_ALWAYS || settings->restart_policy == RESTART_UNLESS_STOPPED) return true;
  if (settings->restart_policy != RESTART_ON_FAILURE || monitor->state.exit_code == 0) return false;
  return settings->restart_maximum == 0 || monitor->state.restart_count < settings->restart_maximum;
}

/* The container has ended for good. */
static void monitor_leave(struct monitor *monitor)
{
  bool removes = !monitor->is_kept && (monitor->settings.flags & MONITOR_REMOVE);
  monitor->state.status = STATE_EXITED;
  state_write(&monitor->state, monitor->dir_fd);
  control_socket_close(monitor);
  if (!monitor->is_kept && !removes) container_cleanup(monitor->plan);
  close(monitor->claim_fd); /* the record is written and the socket's name is free: another monitor may come */
  monitor->phase = PHASE_LEAVING;
  control_send_exit(monitor, removes ? EXIT_CLEANUP : 0, true);
}

static void monitor_tell_end(struct monitor *monitor)
{
  const struct event_sink *events = &monitor->settings.events;
  char more[64];
  if (monitor->state.oom_killed) event_emit(events, monitor->dir_fd, "oom", "");
  snprintf(more, sizeof more, ",\"ContainerExitCode\":%d", monitor->state.exit_code);
  event_emit(events, monitor->dir_fd, "died", more);
  if (monitor->is_stopping) event_emit(events, monitor->dir_fd, "stop", "");
}

uint32_t monitor_restart_pause(uint32_t last_ms, int64_t run_ms)
{
  if (last_ms == 0 || run_ms >= RESTART_GOOD_RUN_MS) return RESTART_PAUSE_FIRST_MS;
  return last_ms * 2 > RESTART_PAUSE_MAX_MS ? RESTART_PAUSE_MAX_MS : last_ms * 2;
}

/* One run is over, or (after 0 ms) could not begin; state.exit_code tells how. */
static void monitor_run_over(struct monitor *monitor, int64_t run_ms)
{
  timestamp_now(monitor->state.finished_at);
  monitor_tell_end(monitor);
  if (!monitor_wants_restart(monitor)) {
    monitor_leave(monitor);
    return;
  }
  monitor->pause_ms = monitor_restart_pause(monitor->pause_ms, run_ms);
  monitor->restart_at = timestamp_monotonic_ms() + (monitor->restart_is_forced ? 0 : monitor->pause_ms);
  monitor->restart_is_forced = false;
  monitor->phase = PHASE_RESTARTING;
  monitor->state.status = STATE_RESTARTING;
  state_write(&monitor->state, monitor->dir_fd);
  control_send_exit(monitor, EXIT_RESTARTS, false);
}

static void monitor_drain(struct monitor *monitor)
{
  for (size_t i = 0; i < 2; i++) {
    if (monitor->outputs[i].fd >= 0) monitor_output_pump(monitor, &monitor->outputs[i]);
  }
  int64_t now = timestamp_monotonic_ms();
  if (monitor->chunk.waiting > 0) {
    monitor->drain_until = now + DRAIN_PATIENCE_MS;
    return;
  }
  if (!monitor_outputs_ended(monitor) && now < monitor->drain_until) return;
  monitor_input_close(monitor);
  monitor_outputs_close(monitor);
  container_stop_helpers(&monitor->process);
  memberships_leave(&monitor->networks, false);
  monitor_resolver_end(monitor);
  monitor->rejoin_at = monitor->helper_at = 0;
  monitor->process.helper_count = 0;
  if (monitor->log.lost_bytes > 0) {
    snprintf(monitor->state.error, sizeof monitor->state.error, "the log lacks %llu bytes of output: %s",
      (unsigned long long)monitor->log.lost_bytes, strerror(monitor->log.last_error));
  }
  monitor_run_over(monitor, now - monitor->started_ms);
}

static void monitor_restart(struct monitor *monitor)
{
  struct report report = {0};
  monitor->restart_at = 0;
  if (monitor->restart_is_cancelled) {
    monitor_leave(monitor);
    return;
  }
  monitor->state.restart_count++;
  monitor->state.error[0] = '\0';
  event_emit(&monitor->settings.events, monitor->dir_fd, "restart", "");
  if (monitor_start_container(monitor, &report) == 0) {
    state_write(&monitor->state, monitor->dir_fd);
    monitor_keeper_start(monitor);
    return;
  }
  monitor->state.exit_code = failure_exit_code(&report);
  monitor_describe_failure(&report, monitor->state.error, sizeof monitor->state.error);
  monitor_run_over(monitor, 0);
}

void monitor_advance(struct monitor *monitor)
{
  if (monitor->phase == PHASE_DRAINING || monitor->phase == PHASE_LEAVING) control_forget_stalled(monitor);
  if (monitor->phase == PHASE_DRAINING) monitor_drain(monitor);
  if (monitor->phase == PHASE_RESTARTING && (monitor->restart_is_cancelled || timestamp_monotonic_ms() >= monitor->restart_at)) monitor_restart(monitor);
  if (monitor->phase == PHASE_LEAVING && control_clients_are_idle(monitor)) monitor->phase = PHASE_DONE;
  /* Every client has taken the last piece: there may be more to read. */
  if (monitor->phase == PHASE_RUNNING && monitor->chunk.waiting == 0) monitor_outputs_arm(monitor, true);
}
