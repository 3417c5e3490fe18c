/* Pausing, as the monitor keeps the record of it. */
#define _GNU_SOURCE
#include <errno.h>
#include "monitor.h"

static int monitor_record_pause(struct monitor *monitor, enum state_status status)
{
  monitor->state.status = status;
  return state_write(&monitor->state, monitor->dir_fd);
}

int monitor_pause(struct monitor *monitor)
{
  if (monitor->phase != PHASE_RUNNING) return -ESRCH;
  if (monitor->state.status == STATE_PAUSED) return -EALREADY;
  /* Said before it is done: an exec that comes too late for the signal finds it (native/exec.c). */
  int result = monitor_record_pause(monitor, STATE_PAUSED);
  if (result < 0) return result;
  result = container_halt(&monitor->process, true);
  if (result < 0) {
    container_halt(&monitor->process, false);
    monitor_record_pause(monitor, STATE_RUNNING);
    return result;
  }
  event_emit(&monitor->settings.events, monitor->dir_fd, "pause", "");
  return 0;
}

int monitor_unpause(struct monitor *monitor)
{
  if (monitor->phase != PHASE_RUNNING) return -ESRCH;
  if (monitor->state.status != STATE_PAUSED) return -EALREADY;
  int result = container_halt(&monitor->process, false);
  if (result < 0) return result;
  event_emit(&monitor->settings.events, monitor->dir_fd, "unpause", "");
  return monitor_record_pause(monitor, STATE_RUNNING);
}
