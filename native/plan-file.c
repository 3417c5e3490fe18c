/* Plans from files and descriptors, read into private memory, and the monitor's settings in them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "launch.h"

static int read_all(int fd, unsigned char *memory, size_t bytes) {
  size_t done = 0;
  while (done < bytes) {
    ssize_t count = pread(fd, memory + done, bytes - done, (off_t)done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -errno;
    if (count == 0) return -EIO;
    done += (size_t)count;
  }
  return 0;
}

int plan_read_fd(int fd, struct plan **out, struct report *report) {
  struct stat status;
  if (fstat(fd, &status) < 0) return report_fill(report, REPORT_PLAN, 0, errno, "the plan cannot be examined");
  if (status.st_size < (off_t)PLAN_HEADER_BYTES || status.st_size > (off_t)PLAN_MAX_BYTES) return report_fill(report, REPORT_PLAN, 0, EINVAL, "the size is impossible");
  AUTO_FREE unsigned char *memory = malloc((size_t)status.st_size);
  AUTO_FREE struct plan *plan = malloc(sizeof *plan);
  if (!memory || !plan) return report_fill(report, REPORT_PLAN, 0, ENOMEM, "no memory for the plan");
  int result = read_all(fd, memory, (size_t)status.st_size);
  if (result < 0) return report_fill(report, REPORT_PLAN, 0, -result, "the plan cannot be read");
  uint32_t fault = 0;
  const char *why = NULL;
  if (plan_check(plan, memory, (uint32_t)status.st_size, &fault, &why) < 0) return report_fill(report, REPORT_PLAN, fault, EINVAL, why);
  memory = NULL;
  *out = plan;
  plan = NULL;
  return 0;
}

int plan_read_file(const char *path, struct plan **out, struct report *report) {
  AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return report_fill(report, REPORT_PLAN, 0, errno, "the plan cannot be opened");
  return plan_read_fd(fd, out, report);
}

void plan_free(struct plan *plan) {
  if (!plan) return;
  free(plan->memory);
  free(plan);
}

/* Finds a settings op; false where the plan has none. */
static bool settings_op(const struct plan *plan, unsigned code, struct plan_op *op) {
  uint32_t index = plan_find(plan, PLAN_SECTION_SETTINGS, code, 0);
  if (index != UINT32_MAX) *op = plan_op_at(plan, index);
  return index != UINT32_MAX;
}

void plan_events(const struct plan *plan, struct event_sink *out) {
  struct plan_op op;
  struct op_events events;
  *out = (struct event_sink){0};
  if (!settings_op(plan, OP_EVENTS, &op)) return;
  op_events_read(&op, &events);
  *out = (struct event_sink){.file = events.file, .max_bytes = events.max_bytes, .subject = events.subject};
}

static void read_health(const struct plan *plan, struct health_settings *out) {
  struct plan_op op;
  struct op_health_check check;
  struct op_startup_check startup;
  if (!settings_op(plan, OP_HEALTH_CHECK, &op)) return;
  op_health_check_read(&op, &check);
  *out = (struct health_settings){
    .regular = {check.exec_plan, check.interval_ms, check.timeout_ms, check.retries},
    .start_period_ms = check.start_period_ms, .start_interval_ms = check.start_interval_ms, .on_failure = check.on_failure,
    .log = check.log, .log_count = check.log_count, .log_bytes = check.log_bytes,
  };
  if (!settings_op(plan, OP_STARTUP_CHECK, &op)) return;
  op_startup_check_read(&op, &startup);
  out->startup = (struct check_settings){startup.exec_plan, startup.interval_ms, startup.timeout_ms, startup.retries};
  out->startup_successes = startup.successes;
}

static void read_lease(const struct plan *plan, struct monitor_settings *out) {
  struct plan_op op;
  struct op_lease lease;
  if (!settings_op(plan, OP_LEASE, &op)) return;
  op_lease_read(&op, &lease);
  out->lease_pid = lease.pid;
  out->lease_start = lease.start;
}

static void read_log(const struct plan *plan, struct monitor_settings *out) {
  struct plan_op op;
  struct op_log_details log;
  if (!settings_op(plan, OP_LOG_DETAILS, &op)) return;
  op_log_details_read(&op, &log);
  out->log_attributes = log.attributes;
  out->journal_socket = log.journal_socket;
  out->journal_fields = log.journal_fields;
}

static void read_service(const struct plan *plan, struct monitor_settings *out) {
  struct plan_op op;
  struct op_service service;
  if (!settings_op(plan, OP_SERVICE, &op)) return;
  op_service_read(&op, &service);
  out->notify_mode = service.notify_mode;
  out->notify_socket = service.notify_socket;
  out->pid_file = service.pid_file;
  out->monitor_pid_file = service.monitor_pid_file;
}

static void read_resolver(const struct plan *plan, struct resolver_rules *out) {
  struct plan_op op;
  struct op_resolver args;
  if (!settings_op(plan, OP_RESOLVER, &op)) return;
  op_resolver_read(&op, &args);
  *out = (struct resolver_rules){.path = args.path, .forwarder = args.forwarder, .gateway = args.gateway, .search = args.search, .options = args.options,
    .is_verbatim = args.verbatim != 0};
}

void plan_settings(const struct plan *plan, struct monitor_settings *out) {
  *out = (struct monitor_settings){.container_id = "", .log_path = "", .log_attributes = "", .journal_socket = "", .journal_fields = "", .notify_socket = "", .pid_file = "", .monitor_pid_file = ""};
  read_log(plan, out);
  read_service(plan, out);
  plan_events(plan, &out->events);
  read_health(plan, &out->health);
  read_lease(plan, out);
  read_resolver(plan, &out->resolver);
  out->starts_off = plan_find(plan, PLAN_SECTION_SETTINGS, OP_NETWORK_OFF, 0) != UINT32_MAX;
  uint32_t index = plan_find(plan, PLAN_SECTION_SETTINGS, OP_MONITOR, 0);
  if (index == UINT32_MAX) return;
  struct plan_op op = plan_op_at(plan, index);
  struct op_monitor monitor;
  op_monitor_read(&op, &monitor);
  out->container_id = monitor.container_id;
  out->log_path = monitor.log_path;
  out->log_max_bytes = monitor.log_max_bytes;
  out->log_max_files = monitor.log_max_files;
  out->flags = monitor.flags;
  out->stop_signal = monitor.stop_signal;
  out->stop_timeout_ms = monitor.stop_timeout_ms;
  out->restart_policy = monitor.restart_policy;
  out->restart_maximum = monitor.restart_maximum;
  out->timeout_ms = monitor.timeout_ms;
}

int report_fill(struct report *report, uint32_t stage, uint32_t op_index, int error, const char *text) {
  report->stage = stage;
  report->op_index = op_index;
  report->error = error;
  if (text) snprintf(report->text, sizeof report->text, "%s", text);
  return -error;
}
