/* The container's networks while it runs: joined again when a network's process has gone, connected and disconnected on demand. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include "monitor.h"

#define REJOIN_PAUSE_MS 500

void monitor_watch_networks(struct monitor *monitor)
{
  for (struct membership *one = monitor->networks.first; one != NULL; one = one->next)
    if (one->fd >= 0) monitor_watch(monitor, one->fd, EPOLLIN, SOURCE_NETWORK, 0); /* one that is watched already stays so */
}

void monitor_network_event(struct monitor *monitor)
{
  if (memberships_have_lost(&monitor->networks)) monitor->rejoin_at = timestamp_monotonic_ms();
}

void monitor_rejoin(struct monitor *monitor)
{
  int result = memberships_join(&monitor->networks, monitor->process.pid, NULL);
  monitor->rejoin_at = result < 0 ? timestamp_monotonic_ms() + REJOIN_PAUSE_MS : 0;
  monitor_watch_networks(monitor);
}

static void monitor_come_back(struct monitor *monitor)
{
  monitor->is_off = false;
  if (monitor->phase != PHASE_RUNNING) return;
  monitor->rejoin_at = monitor->helper_at = timestamp_monotonic_ms(); /* its gate, and what else it needs */
}

int monitor_connect(struct monitor *monitor, char *text, uint32_t length)
{
  int result = monitor->phase == PHASE_RUNNING || monitor->phase == PHASE_RESTARTING
    ? memberships_connect(&monitor->networks, text, length, monitor->phase == PHASE_RUNNING ? monitor->process.pid : 0) : -ESRCH;
  if (result < 0) free(text);
  else monitor_watch_networks(monitor);
  if (result == 0 && monitor->is_off) monitor_come_back(monitor);
  return result;
}

int monitor_disconnect(struct monitor *monitor, const char *text)
{
  return memberships_disconnect(&monitor->networks, text);
}

/* A container that has left its last network has none, not even its way out. */
int monitor_go_off(struct monitor *monitor)
{
  monitor->is_off = true;
  container_halt_helpers(&monitor->process);
  memberships_leave(&monitor->networks, true);
  monitor->helper_at = 0;
  return 0;
}
