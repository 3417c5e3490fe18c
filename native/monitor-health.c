/* Health checks: when a probe is due, what its result means. The probe itself is a child that ends with PROBE_* (health-probe.c). */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "health-probe.h"
#include "monitor.h"
#include "plan-ops.h"

static bool monitor_health_is_starting_up(const struct monitor *monitor)
{
  return monitor->settings.health.startup.exec_plan != NULL && !monitor->health.has_started_up;
}

static const struct check_settings *monitor_health_check(const struct monitor *monitor)
{
  const struct health_settings *settings = &monitor->settings.health;
  return monitor_health_is_starting_up(monitor) ? &settings->startup : &settings->regular;
}

static bool monitor_health_in_start_period(const struct monitor *monitor)
{
  return timestamp_monotonic_ms() < monitor->started_ms + monitor->settings.health.start_period_ms;
}

static void monitor_health_schedule(struct monitor *monitor)
{
  const struct health_settings *settings = &monitor->settings.health;
  uint32_t pause = monitor_health_check(monitor)->interval_ms;
  bool is_early = monitor->state.health == STATE_HEALTH_STARTING && settings->start_interval_ms > 0 && monitor_health_in_start_period(monitor);
  if (is_early && settings->start_interval_ms < pause && !monitor_health_is_starting_up(monitor)) pause = settings->start_interval_ms;
  monitor->health.probe_at = pause == 0 ? 0 : timestamp_monotonic_ms() + pause;
}

void monitor_health_begin(struct monitor *monitor)
{
  if (monitor->settings.health.regular.exec_plan == NULL) return;
  monitor->health.has_started_up = false;
  monitor->health.passes = 0;
  monitor->health.is_first = true;
  monitor->state.health = STATE_HEALTH_STARTING;
  monitor->state.failing_streak = 0;
  /* At once: most services are up long before their first interval is over. */
  monitor->health.probe_at = monitor_health_check(monitor)->interval_ms == 0 ? 0 : monitor->started_ms;
}

void monitor_health_end(struct monitor *monitor)
{
  if (monitor->health.probe > 0) kill(monitor->health.probe, SIGKILL);
  monitor->health.probe_at = 0;
  control_send_health(monitor, -ESRCH);
}

void monitor_health_reload(struct monitor *monitor)
{
  bool has_check = monitor->settings.health.regular.exec_plan != NULL, was_probing = monitor->health.probe > 0;
  if (!has_check) {
    monitor_health_end(monitor);
    monitor->state.health = STATE_HEALTH_NONE;
  }
  if (!has_check || monitor->phase != PHASE_RUNNING) return; /* the next run begins by them */
  /* A probe under way has another command or another time: what it finds is of no interest. */
  if (was_probing) kill(monitor->health.probe, SIGKILL);
  monitor->health.probe = 0;
  monitor->state.failing_streak = 0;
  if (monitor->state.health == STATE_HEALTH_NONE) monitor_health_begin(monitor);
  else monitor_health_schedule(monitor);
  if (was_probing || monitor->health.probe_at != 0) monitor->health.probe_at = timestamp_monotonic_ms();
}

int monitor_health_probe(struct monitor *monitor)
{
  if (monitor->settings.health.regular.exec_plan == NULL) return -ENOENT;
  if (monitor->phase != PHASE_RUNNING || monitor->state.status != STATE_RUNNING) return -ESRCH;
  if (monitor->health.probe > 0) return 0;
  monitor->health.probe_at = 0;
  pid_t own = getpid(), child = fork();
  if (child == 0) health_probe_run(monitor->dir_fd, monitor_health_check(monitor), &monitor->settings.health, &monitor->state, own);
  if (child < 0) {
    monitor_health_schedule(monitor);
    return -errno;
  }
  monitor->health.probe = child;
  return 0;
}

static void monitor_health_set(struct monitor *monitor, enum state_health health)
{
  char more[64];
  if (monitor->state.health == health) return;
  monitor->state.health = health;
  snprintf(more, sizeof more, ",\"health_status\":\"%s\"", state_health_name(health));
  event_emit(&monitor->settings.events, monitor->dir_fd, "health_status", more);
  if (health == STATE_HEALTH_HEALTHY) monitor_notify_healthy(monitor);
}

static void monitor_health_act(struct monitor *monitor)
{
  switch (monitor->settings.health.on_failure) {
  case PLAN_HEALTH_FAILURE_KILL: monitor_send_signal(monitor, SIGKILL); break;
  case PLAN_HEALTH_FAILURE_RESTART: monitor_restart_now(monitor); break;
  case PLAN_HEALTH_FAILURE_STOP:
    monitor->restart_is_cancelled = true;
    monitor_end_run(monitor, 0, monitor->settings.stop_timeout_ms);
    break;
  default: break;
  }
}

static void monitor_health_passed(struct monitor *monitor)
{
  monitor->state.failing_streak = 0;
  if (!monitor_health_is_starting_up(monitor)) {
    monitor_health_set(monitor, STATE_HEALTH_HEALTHY);
    return;
  }
  monitor->health.passes++;
  if (monitor->health.passes >= monitor->settings.health.startup_successes) monitor->health.has_started_up = true;
}

static void monitor_health_failed(struct monitor *monitor)
{
  bool was_first = monitor->health.is_first, is_starting_up = monitor_health_is_starting_up(monitor);
  monitor->health.passes = 0;
  /* The first probe came before the first interval was over: it can only bring good news. */
  if (!is_starting_up && monitor->state.health == STATE_HEALTH_STARTING && (was_first || monitor_health_in_start_period(monitor))) return;
  uint32_t retries = monitor_health_check(monitor)->retries;
  monitor->state.failing_streak++;
  if (retries == 0 || monitor->state.failing_streak < retries) return;
  if (is_starting_up) {
    monitor_restart_now(monitor);
    return;
  }
  bool is_news = monitor->state.health != STATE_HEALTH_UNHEALTHY;
  monitor_health_set(monitor, STATE_HEALTH_UNHEALTHY);
  if (is_news) monitor_health_act(monitor);
}

bool monitor_health_reaped(struct monitor *monitor, pid_t pid, int status)
{
  struct health *health = &monitor->health;
  if (pid != health->probe) return false;
  health->probe = 0;
  if (monitor->phase != PHASE_RUNNING) return true;
  bool was_starting_up = monitor_health_is_starting_up(monitor);
  bool has_passed = WIFEXITED(status) && WEXITSTATUS(status) == PROBE_PASSED;
  if (has_passed) monitor_health_passed(monitor);
  else monitor_health_failed(monitor);
  health->is_first = false;
  monitor_health_schedule(monitor);
  /* What comes after the start-up check need not wait. */
  if (was_starting_up && health->has_started_up && health->probe_at != 0) health->probe_at = timestamp_monotonic_ms();
  state_write(&monitor->state, monitor->dir_fd);
  if (!control_send_health(monitor, has_passed ? 0 : 1)) return true;
  int result = monitor_health_probe(monitor);
  if (result < 0) control_send_health(monitor, result);
  return true;
}
