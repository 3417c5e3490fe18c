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

void plan_settings(const struct plan *plan, struct monitor_settings *out) {
  *out = (struct monitor_settings){.container_id = "", .log_path = ""};
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
