/* Stands in for the launch code in tests of the monitor and its clients: the "plan" is a text file of `key=value` lines and the
 * container is a shell on this host. Also the applet table of the test program. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../../native/membership.h"
#include "../../../native/container.h"
#include "../../../native/explain.h"
#include "../../../native/health-probe.h"
#include "../../../native/secrets.h"
#include "../../../native/state.h"

int applet_monitor(int argc, char **argv);
int applet_attach(int argc, char **argv);
int applet_logs(int argc, char **argv);
int applet_units(int argc, char **argv);

struct plan {
  char text[8192];
};

static char values[16][1024];

static const char *plan_value(const struct plan *plan, const char *key, int slot)
{
  size_t length = strlen(key);
  values[slot][0] = '\0';
  for (const char *line = plan->text; line != NULL && *line != '\0';) {
    const char *end = strchrnul(line, '\n');
    if (strncmp(line, key, length) == 0 && line[length] == '=') snprintf(values[slot], sizeof values[slot], "%.*s", (int)(end - line - (long)length - 1), line + length + 1);
    line = *end == '\0' ? NULL : end + 1;
  }
  return values[slot];
}

static uint64_t plan_number(const struct plan *plan, const char *key)
{
  return strtoull(plan_value(plan, key, 0), NULL, 10);
}

void seal_self_as(const char *registry, char **argv)
{
  (void)registry, (void)argv;
}

int seal_self(char **argv, const char *dir)
{
  (void)argv, (void)dir;
  return 0;
}

int plan_read_file(const char *path, struct plan **out, struct report *report)
{
  static struct plan plan;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? -1 : read(fd, plan.text, sizeof plan.text - 1);
  if (length < 0) {
    *report = (struct report){.stage = REPORT_PLAN, .error = errno};
    return -errno;
  }
  close(fd);
  *out = &plan;
  return 0;
}

void plan_free(struct plan *plan)
{
  (void)plan; /* there is but one */
}

int container_halt(const struct container_process *process, bool wanted)
{
  return kill(process->pid, wanted ? SIGSTOP : SIGCONT) < 0 ? -errno : 0;
}

static void read_health(const struct plan *plan, struct health_settings *out)
{
  const char *probe = plan_value(plan, "probe", 8), *startup = plan_value(plan, "startup_probe", 9);
  uint32_t interval = (uint32_t)plan_number(plan, "probe_interval_ms");
  *out = (struct health_settings){
    .regular = {probe[0] == '\0' ? NULL : probe, interval, 1000, (uint32_t)plan_number(plan, "probe_retries")},
    .startup = {startup[0] == '\0' ? NULL : startup, interval, 1000, (uint32_t)plan_number(plan, "startup_retries")},
    .startup_successes = (uint32_t)plan_number(plan, "startup_successes"), .start_period_ms = (uint32_t)plan_number(plan, "start_period_ms"),
    .on_failure = (uint32_t)plan_number(plan, "on_failure"), .log = "health-log", .log_count = 3, .log_bytes = 20,
  };
}

void plan_settings(const struct plan *plan, struct monitor_settings *out)
{
  *out = (struct monitor_settings){
    .container_id = plan_value(plan, "id", 1),
    .log_path = plan_value(plan, "log", 2),
    .log_max_bytes = plan_number(plan, "log_max_bytes"),
    .log_max_files = (uint32_t)plan_number(plan, "log_max_files"),
    .flags = (uint32_t)plan_number(plan, "flags"),
    .stop_signal = (uint32_t)plan_number(plan, "stop_signal"),
    .stop_timeout_ms = (uint32_t)plan_number(plan, "stop_timeout_ms"),
    .restart_policy = (uint32_t)plan_number(plan, "restart_policy"),
    .restart_maximum = (uint32_t)plan_number(plan, "restart_maximum"),
    .timeout_ms = (uint32_t)plan_number(plan, "timeout_ms"),
    .log_attributes = plan_value(plan, "log_attributes", 10), .journal_socket = plan_value(plan, "journal", 11), .journal_fields = "CONTAINER_NAME=stand-in\n",
    .notify_mode = (uint32_t)plan_number(plan, "notify_mode"), .notify_socket = plan_value(plan, "notify_socket", 12),
    .pid_file = plan_value(plan, "pid_file", 13), .monitor_pid_file = plan_value(plan, "monitor_pid_file", 14),
    .lease_pid = (uint32_t)plan_number(plan, "lease_pid"),
    .lease_start = plan_number(plan, "lease_start"),
  };
  if (plan_value(plan, "events", 7)[0] != '\0') out->events = (struct event_sink){.file = values[7], .subject = "\"ID\":\"stand-in\"", .max_bytes = 1 << 20};
  read_health(plan, &out->health);
}

/* The "plan" of a probe is a shell's command. */
int container_probe(int dir_fd, const char *name, const struct state *state, uint32_t timeout_ms, struct probe_output *output, struct report *report)
{
  (void)dir_fd, (void)state, (void)report;
  char command[1200];
  snprintf(command, sizeof command, "timeout %g sh -c '%s' 2>&1", timeout_ms / 1000.0, name);
  FILE *pipe = popen(command, "r");
  output->length = fread(output->text, 1, output->size, pipe);
  int status = pclose(pipe);
  return WEXITSTATUS(status) == 124 ? -ETIMEDOUT : WEXITSTATUS(status);
}

int secrets_gather(const struct plan *plan, int *out, struct report *report)
{
  (void)plan;
  (void)report;
  *out = -1;
  return 0;
}

int userns_enter_outer(const char *runtime_dir, const struct plan *plan, struct report *report)
{
  (void)runtime_dir;
  (void)plan;
  (void)report;
  return 0;
}

void userns_leave(void) {}

static int open_terminal(char *slave, size_t size)
{
  int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0 || unlockpt(master) < 0 || ptsname_r(master, slave, size) != 0) return -1;
  return master;
}

static void run_child(const struct plan *plan, const struct container_io *io, const char *slave, int failure)
{
  setsid();
  if (slave[0] != '\0') {
    int terminal = open(slave, O_RDWR);
    ioctl(terminal, TIOCSCTTY, 0);
    for (int fd = 0; fd < 3; fd++) dup2(terminal, fd);
  } else {
    int null_fd = open("/dev/null", O_RDWR);
    dup2(io->stdin_fd < 0 ? null_fd : io->stdin_fd, 0);
    dup2(io->stdout_fd < 0 ? null_fd : io->stdout_fd, 1);
    dup2(io->stderr_fd < 0 ? null_fd : io->stderr_fd, 2);
  }
  syscall(SYS_close_range, 3, failure - 1, 0);
  const char *program = plan_value(plan, "program", 3);
  if (program[0] != '\0') execl(program, program, NULL);
  else execl("/bin/sh", "sh", "-c", plan_value(plan, "command", 4), NULL);
  int error = errno;
  if (write(failure, &error, sizeof error) < 0) _exit(126);
  _exit(127);
}

int container_start(const struct plan *plan, const struct container_io *io, struct container_process *out, struct report *report)
{
  char slave[64] = "";
  int failure[2], error = 0;
  if (pipe2(failure, O_CLOEXEC) < 0) return -errno;
  out->pty_master = plan_number(plan, "flags") & MONITOR_TTY ? open_terminal(slave, sizeof slave) : -1;
  out->helper_count = 0;
  const char *helper = plan_value(plan, "helper", 5);
  if (helper[0] != '\0') {
    out->helpers[out->helper_count] = fork();
    if (out->helpers[out->helper_count++] == 0) _exit(execl("/bin/sh", "sh", "-c", helper, NULL));
  }
  out->pid = fork();
  if (out->pid == 0) run_child(plan, io, slave, failure[1]);
  close(failure[1]);
  ssize_t got = read(failure[0], &error, sizeof error);
  close(failure[0]);
  if (got > 0) {
    waitpid(out->pid, NULL, 0);
    container_stop_helpers(out);
    *report = (struct report){.stage = REPORT_ENTER, .op_index = 7, .error = error};
    return -error;
  }
  out->pidfd = (int)syscall(SYS_pidfd_open, out->pid, 0);
  fcntl(out->pidfd, F_SETFD, FD_CLOEXEC);
  out->pid_start = state_process_start(out->pid);
  return 0;
}

void container_stop_helpers(struct container_process *process)
{
  for (int i = 0; i < process->helper_count; i++) {
    if (process->helpers[i] <= 0) continue;
    kill(process->helpers[i], SIGKILL);
    waitpid(process->helpers[i], NULL, 0);
  }
}

void container_halt_helpers(struct container_process *process)
{
  (void)process;
}

bool container_restart_helpers(struct container_process *process)
{
  (void)process;
  return false;
}

int container_cleanup(const struct plan *plan)
{
  return system(plan_value(plan, "cleanup", 6)) == 0 ? 0 : -EIO;
}

/* The stand-in's containers are on no network. */
int memberships_of_plan(struct memberships *memberships, const struct plan *plan)
{
  (void)memberships, (void)plan;
  return 0;
}

int memberships_join(struct memberships *memberships, pid_t pid, struct report *report)
{
  (void)memberships, (void)pid, (void)report;
  return 0;
}

void memberships_leave(struct memberships *memberships, bool waits) { (void)memberships, (void)waits; }

int memberships_connect(struct memberships *memberships, char *text, uint32_t length, pid_t pid)
{
  (void)memberships, (void)text, (void)length, (void)pid;
  return -ENOENT;
}

int memberships_disconnect(struct memberships *memberships, const char *dir)
{
  (void)memberships, (void)dir;
  return -ENOENT;
}

bool memberships_have_lost(struct memberships *memberships)
{
  (void)memberships;
  return false;
}

int failure_exit_code(const struct report *report)
{
  return report->stage == REPORT_ENTER && report->error == ENOENT ? 127 : 125;
}

int explain_failure(const char *dir, const struct report *report)
{
  dprintf(2, "explain %s %u %u %d %s\n", dir, report->stage, report->op_index, report->error, report->text);
  return 127;
}

void image_remove_after(const char *name)
{
  dprintf(2, "remove image %s\n", name);
}

int main(int argc, char **argv)
{
  static const struct { const char *name; int (*run)(int, char **); } applets[] = {
    {"monitor", applet_monitor}, {"attach", applet_attach}, {"logs", applet_logs}, {"units", applet_units},
  };
  for (size_t i = 0; argc > 1 && i < sizeof applets / sizeof applets[0]; i++) {
    if (strcmp(argv[1], applets[i].name) == 0) return applets[i].run(argc - 1, argv + 1);
  }
  return 64;
}
