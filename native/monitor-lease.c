/* A container that lives no longer than a process of the host, whatever ends that process. */
#define _GNU_SOURCE
#include <errno.h>
#include <unistd.h>
#include "monitor.h"
#include "sys.h"

/* Between the stop signal and SIGKILL: everything is to be gone within three seconds. */
#define LEASE_PATIENCE_MS 1500u

int monitor_lease_open(struct monitor *monitor)
{
  const struct monitor_settings *settings = &monitor->settings;
  if (settings->lease_pid == 0) return 0;
  monitor->lease_fd = sys_pidfd_open((pid_t)settings->lease_pid);
  if (monitor->lease_fd < 0) return monitor->lease_fd;
  /* Only a start time read after the pidfd exists proves that the pid was not reused. */
  if (state_process_start((pid_t)settings->lease_pid) != settings->lease_start) return -ESRCH;
  return monitor_watch(monitor, monitor->lease_fd, EPOLLIN, SOURCE_LEASE, 0);
}

void monitor_lease_ended(struct monitor *monitor)
{
  monitor_unwatch(monitor, monitor->lease_fd);
  close(monitor->lease_fd);
  monitor->lease_fd = -1;
  uint32_t patience = monitor->settings.stop_timeout_ms;
  monitor->is_kept = false;
  monitor->restart_is_cancelled = true;
  monitor_end_run(monitor, 0, patience < LEASE_PATIENCE_MS ? patience : LEASE_PATIENCE_MS);
}
