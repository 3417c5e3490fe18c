/* The monitor's event loop and its deadlines. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "monitor.h"

#define EVENTS_AT_ONCE 16
/* Who has had nothing to do for so long gives back what it does not need. */
#define TRIM_AFTER_MS 500
/* What is paused cannot answer: so often it is looked whether it still is. */
#define PAUSED_LOOK_MS 1000

static struct epoll_event monitor_event(uint32_t events, enum monitor_source source, uint32_t index)
{
  return (struct epoll_event){.events = events, .data.u64 = ((uint64_t)source << 32) | index};
}

int monitor_watch(struct monitor *monitor, int fd, uint32_t events, enum monitor_source source, uint32_t index)
{
  struct epoll_event event = monitor_event(events, source, index);
  return epoll_ctl(monitor->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

void monitor_change(struct monitor *monitor, int fd, uint32_t events, enum monitor_source source, uint32_t index)
{
  struct epoll_event event = monitor_event(events, source, index);
  epoll_ctl(monitor->epoll_fd, EPOLL_CTL_MOD, fd, &event);
}

void monitor_unwatch(struct monitor *monitor, int fd)
{
  epoll_ctl(monitor->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

static void monitor_take_signals(struct monitor *monitor)
{
  struct signalfd_siginfo info;
  while (read(monitor->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
    if (info.ssi_signo != SIGTERM) continue;
    /* The session or the host ends: not the user's wish for this container. */
    monitor->restart_is_cancelled = true;
    monitor_end_run(monitor, 0, monitor->settings.stop_timeout_ms);
  }
  monitor_reap(monitor);
}

static void monitor_dispatch(struct monitor *monitor, const struct epoll_event *event)
{
  uint32_t index = (uint32_t)event->data.u64;
  switch ((enum monitor_source)(event->data.u64 >> 32)) {
  case SOURCE_LISTEN:
    if (monitor->listen_fd >= 0) control_socket_accept(monitor);
    break;
  case SOURCE_SIGNAL: monitor_take_signals(monitor); break;
  case SOURCE_PROCESS: monitor_process_ended(monitor); break;
  case SOURCE_OUTPUT:
    if (monitor->outputs[index].is_armed) monitor_output_pump(monitor, &monitor->outputs[index]);
    break;
  case SOURCE_INPUT:
    if (monitor->input.is_armed) monitor_input_write(monitor);
    break;
  case SOURCE_LEASE:
    if (monitor->lease_fd >= 0) monitor_lease_ended(monitor);
    break;
  case SOURCE_RESOLVER:
    if (monitor->resolver_fd >= 0) monitor_resolver_event(monitor);
    break;
  case SOURCE_NETWORK: monitor_network_event(monitor); break;
  case SOURCE_NOTIFY: monitor_notify_read(monitor); break;
  case SOURCE_CLIENT: control_client_event(monitor, index, event->events); break;
  }
}

static int64_t sooner(int64_t one, int64_t other)
{
  if (one == 0 || other == 0) return one + other;
  return one < other ? one : other;
}

/* Milliseconds until the next deadline, as epoll_wait takes them. */
static int monitor_patience(const struct monitor *monitor)
{
  int64_t next = sooner(sooner(monitor->kill_at, monitor->timeout_at), monitor->terminal_retry_at);
  if (monitor->phase == PHASE_RUNNING) next = sooner(sooner(next, monitor->health.probe_at), sooner(sooner(monitor->rejoin_at, monitor->helper_at), monitor->resolver_at));
  if (monitor->phase == PHASE_RESTARTING) next = sooner(next, monitor->restart_at);
  if (monitor->phase == PHASE_DRAINING) next = sooner(next, monitor->drain_until);
  bool is_ending = monitor->phase == PHASE_DRAINING || monitor->phase == PHASE_LEAVING;
  for (uint32_t i = 0; is_ending && i < monitor->client_room; i++) next = sooner(next, control_stalled_until(monitor, control_client_at(monitor, i)));
  if (next == 0) return -1;
  int64_t left = next - timestamp_monotonic_ms();
  return left < 0 ? 0 : left > 3600000 ? 3600000 : (int)left;
}

static void monitor_keep_deadlines(struct monitor *monitor)
{
  int64_t now = timestamp_monotonic_ms();
  if (monitor->timeout_at != 0 && now >= monitor->timeout_at) {
    monitor->timeout_at = 0;
    monitor->restart_is_cancelled = true;
    monitor_send_signal(monitor, SIGKILL);
  }
  if (monitor->kill_at != 0 && now >= monitor->kill_at) {
    monitor->kill_at = 0;
    monitor_send_signal(monitor, SIGKILL);
  }
  if (monitor->phase == PHASE_RUNNING && monitor->health.probe_at != 0 && now >= monitor->health.probe_at) {
    if (monitor_health_probe(monitor) == -ESRCH) monitor->health.probe_at = now + PAUSED_LOOK_MS;
  }
  if (monitor->phase == PHASE_RUNNING && monitor->resolver_at != 0 && now >= monitor->resolver_at) monitor_resolver_look(monitor);
  if (monitor->phase == PHASE_RUNNING && monitor->rejoin_at != 0 && now >= monitor->rejoin_at) monitor_rejoin(monitor);
  if (monitor->phase == PHASE_RUNNING && monitor->helper_at != 0 && now >= monitor->helper_at) monitor_restart_helpers(monitor);
  if (monitor->terminal_retry_at != 0 && now >= monitor->terminal_retry_at) {
    monitor->terminal_retry_at = 0;
    if (monitor->chunk.waiting == 0 && monitor->outputs[0].fd >= 0) monitor_output_pump(monitor, &monitor->outputs[0]);
  }
}

int monitor_loop(struct monitor *monitor)
{
  struct epoll_event events[EVENTS_AT_ONCE];
  bool is_trimmed = false;
  monitor_advance(monitor);
  while (monitor->phase != PHASE_DONE) {
    int patience = monitor_patience(monitor);
    bool may_trim = !is_trimmed && (patience < 0 || patience > TRIM_AFTER_MS);
    int count = epoll_wait(monitor->epoll_fd, events, EVENTS_AT_ONCE, may_trim ? TRIM_AFTER_MS : patience);
    if (count < 0 && errno != EINTR) return -errno;
    is_trimmed = count == 0 && (is_trimmed || may_trim);
    if (count == 0 && may_trim) {
      monitor_outputs_trim(monitor);
      monitor_trim();
      continue; /* nothing was due: nothing more is to be touched */
    }
    for (int i = 0; i < count; i++) monitor_dispatch(monitor, &events[i]);
    monitor_keep_deadlines(monitor);
    monitor_advance(monitor);
  }
  return 0;
}
