/* What clients and signals ask of the container. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "monitor.h"

#define SIGNAL_MAX 64
#define STOP_NEVER_KILL UINT32_MAX

int monitor_send_signal(struct monitor *monitor, uint32_t signal)
{
  if (monitor->phase == PHASE_RESTARTING) return 0;
  if (monitor->phase != PHASE_RUNNING) return -ESRCH;
  return syscall(SYS_pidfd_send_signal, monitor->process.pidfd, (int)signal, NULL, 0) < 0 ? -errno : 0;
}

int monitor_signal(struct monitor *monitor, uint32_t signal)
{
  if (signal > SIGNAL_MAX) return -EINVAL;
  int result = monitor_send_signal(monitor, signal);
  char more[64];
  if (result < 0) return result;
  snprintf(more, sizeof more, ",\"Signal\":\"%u\"", (unsigned)signal);
  event_emit(&monitor->settings.events, monitor->dir_fd, "kill", more);
  /* As docker: a container that was killed on purpose is not started again. */
  if (signal != SIGKILL && signal != monitor->settings.stop_signal) return 0;
  monitor->restart_is_cancelled = true;
  monitor->state.stopped_by_user = true;
  return 0;
}

int monitor_end_run(struct monitor *monitor, uint32_t signal, uint32_t timeout_ms)
{
  if (signal == 0) signal = monitor->settings.stop_signal;
  if (signal == 0) signal = SIGTERM;
  if (signal > SIGNAL_MAX) return -EINVAL;
  if (monitor->phase != PHASE_RUNNING) return 0;
  if (monitor->state.status == STATE_PAUSED) monitor_unpause(monitor);
  int result = monitor_send_signal(monitor, signal);
  if (timeout_ms == STOP_NEVER_KILL) return result;
  int64_t kill_at = timestamp_monotonic_ms() + timeout_ms;
  if (monitor->kill_at == 0 || kill_at < monitor->kill_at) monitor->kill_at = kill_at;
  return result;
}

int monitor_reload(struct monitor *monitor)
{
  char path[64];
  struct plan *plan = NULL;
  struct report report = {0};
  snprintf(path, sizeof path, "/proc/self/fd/%d/plan", monitor->dir_fd);
  int result = plan_read_file(path, &plan, &report);
  if (result < 0) return result;
  struct plan *former = monitor->plan;
  monitor->plan = plan;
  if (monitor->process.plan == former) monitor->process.plan = plan;
  plan_settings(plan, &monitor->settings);
  if (monitor->log.name != NULL) monitor->log.name = monitor->settings.log_path;
  log_file_set_attributes(&monitor->log, monitor->settings.log_attributes);
  monitor->journal.socket = monitor->settings.journal_socket;
  monitor->journal.fields = monitor->settings.journal_fields;
  plan_free(former);
  monitor_health_reload(monitor);
  state_write(&monitor->state, monitor->dir_fd);
  return 0;
}

int monitor_stop(struct monitor *monitor, uint32_t signal, uint32_t timeout_ms)
{
  if (signal > SIGNAL_MAX) return -EINVAL;
  monitor->restart_is_cancelled = true;
  monitor->state.stopped_by_user = !monitor->is_kept;
  monitor->is_stopping = true;
  return monitor_end_run(monitor, signal, timeout_ms);
}

void monitor_restart_now(struct monitor *monitor)
{
  if (monitor->restart_is_cancelled) return;
  monitor->restart_is_forced = true;
  monitor_end_run(monitor, 0, monitor->settings.stop_timeout_ms);
}

void monitor_resize(struct monitor *monitor, uint16_t rows, uint16_t columns)
{
  struct output *output = &monitor->outputs[0];
  monitor->rows = rows;
  monitor->columns = columns;
  struct winsize size = {.ws_row = rows, .ws_col = columns};
  if (output->fd >= 0 && output->is_terminal) ioctl(output->fd, TIOCSWINSZ, &size);
}
