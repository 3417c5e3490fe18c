/* The applet `monitor CONTAINER_DIR RUNTIME_DIR [--passthrough] [--hand FROM:TO,… [--listen COUNT] [--listen-names NAMES]]`: the one process
 * that stays for a running container; `--hand` names descriptors that its program gets (handed.h). Descriptor 3 is its starter's
 * connection, which gets a REPORT frame first and is an ordinary client afterwards. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "explain.h"
#include "monitor.h"
#include "applets.h"
#include "privilege.h"
#include "program-pages.h"
#include "secrets.h"
#include "stand-in.h"

#define STARTER_FD 3
/* How long the starter may take to look into the directory that --rm is about to remove. */
#define STARTER_PATIENCE_MS 10000
#define CLAIM_TRIES 400
#define CLAIM_PAUSE_US 2500

static struct monitor the_monitor;
static uint8_t read_buffer[MONITOR_READ_BYTES];
static uint8_t log_buffer[LOG_BUFFER_BYTES];
static uint8_t input_buffer[MONITOR_INPUT_BYTES];

/* Leaves the starter's session, terminal, descriptors and directory. Returns only in the process that stays. */
static int monitor_detach(const struct monitor *monitor)
{
  pid_t child = fork();
  if (child < 0) return -errno;
  if (child > 0) _exit(0);
  setsid();
  int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null_fd < 0) return -errno;
  for (int fd = 0; fd < 3; fd++) dup2(null_fd, fd);
  if (null_fd > STARTER_FD) close(null_fd);
  const int kept[] = {STARTER_FD, PASSTHROUGH_FD, PASSTHROUGH_FD + 1, PASSTHROUGH_FD + 2};
  unsigned count = monitor->is_passthrough ? 4 : 1;
  handed_keep(monitor->handed, kept, count);
  for (unsigned i = 0; i < count; i++) fcntl(kept[i], F_SETFD, FD_CLOEXEC);
  /* Whatever the starter ignored (nohup, a background job, Node and SIGPIPE) would be ignored in the container, too. */
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  umask(022);
  prctl(PR_SET_NAME, "cala-monitor");
  return privilege_drop_ambient();
}

static void monitor_send_report(const struct report *report)
{
  uint8_t frame[FRAME_HEADER_BYTES + FRAME_REPORT_MAX];
  size_t size = frame_put_report(frame, report);
  if (send(STARTER_FD, frame, size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) return; /* the starter is gone: nobody to tell */
}

static void monitor_wait_for_starter(void)
{
  int64_t until = timestamp_monotonic_ms() + STARTER_PATIENCE_MS;
  uint8_t discarded[256];
  for (;;) {
    int64_t left = until - timestamp_monotonic_ms();
    struct pollfd one = {.fd = STARTER_FD, .events = POLLIN};
    if (left <= 0 || (poll(&one, 1, (int)left) < 0 && errno != EINTR)) return;
    if (one.revents == 0) continue;
    ssize_t got = recv(STARTER_FD, discarded, sizeof discarded, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return;
  }
}

/* The program may ask for the size of its terminal before any client is heard; so a starter may tell it first of all. */
static void monitor_peek_window(struct monitor *monitor)
{
  uint8_t frame[FRAME_HEADER_BYTES + 4];
  if (recv(STARTER_FD, frame, sizeof frame, MSG_PEEK | MSG_DONTWAIT) != (ssize_t)sizeof frame) return;
  struct frame_header header = frame_get_header(frame);
  if (header.type == FRAME_RESIZE && header.length == 4) monitor_resize(monitor, frame_u16(frame + FRAME_HEADER_BYTES), frame_u16(frame + FRAME_HEADER_BYTES + 2));
}

static int monitor_fail(struct report *report, int error, const char *what)
{
  if (report->error == 0) {
    report->stage = REPORT_MONITOR;
    report->error = error;
    snprintf(report->text, sizeof report->text, "%s", what);
  }
  return -report->error;
}

/* Makes sure that there is one monitor: two commands may start the container at the same moment, and the former monitor of one
 * that has just ended still needs its socket for an instant. Not kept by anything that is executed. */
static int monitor_claim(struct monitor *monitor)
{
  /* The directory, not a file in it: the plan is replaced at every start, and two monitors could each lock their own. */
  monitor->claim_fd = openat(monitor->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (monitor->claim_fd < 0) return -errno;
  int held = -1, result;
  for (int tries = 0; (result = lock_or_stand_in(monitor->claim_fd, LOCK_EX | LOCK_NB, &held)) < 0; tries++) {
    if (result != -EWOULDBLOCK || tries == CLAIM_TRIES) return result;
    usleep(CLAIM_PAUSE_US);
  }
  if (held < 0) return 0;
  close(monitor->claim_fd);
  monitor->claim_fd = held;
  return 0;
}

static int monitor_open_log(struct monitor *monitor)
{
  monitor->log.max_bytes = monitor->settings.log_max_bytes;
  monitor->log.max_files = monitor->settings.log_max_files;
  int result = log_file_open(&monitor->log, monitor->dir_fd, monitor->settings.log_path, log_buffer);
  log_file_set_attributes(&monitor->log, monitor->settings.log_attributes);
  if (result < 0 || monitor->settings.journal_socket[0] == '\0') return result;
  monitor->log.journal = &monitor->journal;
  return log_journal_open(&monitor->journal, monitor->settings.journal_socket, monitor->settings.journal_fields);
}

/* Everything that must stand before the container is started. 0 or -errno with the report filled. */
static int monitor_prepare(struct monitor *monitor, const char *plan_path, const char *runtime_dir, struct report *report)
{
  int result = plan_read_file(plan_path, &monitor->plan, report);
  if (result < 0) return monitor_fail(report, -result, "reading the plan");
  plan_settings(monitor->plan, &monitor->settings);
  monitor->is_off = monitor->settings.starts_off;
  monitor->networks.runtime_dir = runtime_dir;
  result = memberships_of_plan(&monitor->networks, monitor->plan);
  if (result < 0) return monitor_fail(report, -result, "reading the plan");
  result = userns_enter_outer(runtime_dir, monitor->plan, report);
  if (result < 0) return monitor_fail(report, -result, "entering the outer user namespace");
  result = secrets_gather(monitor->plan, &monitor->secrets, report);
  if (result < 0) return monitor_fail(report, -result, "reading secrets");
  result = state_init(&monitor->state);
  if (result < 0) return monitor_fail(report, -result, "reading /proc");
  result = monitor_open_log(monitor);
  if (result < 0) return monitor_fail(report, -result, "opening the log");
  monitor->listen_fd = control_socket_listen(monitor->dir_fd);
  if (monitor->listen_fd < 0) return monitor_fail(report, -monitor->listen_fd, "making the control socket");
  monitor->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigaddset(&set, SIGTERM);
  monitor->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (monitor->epoll_fd < 0 || monitor->signal_fd < 0) return monitor_fail(report, errno, "making the event loop");
  monitor_watch(monitor, monitor->signal_fd, EPOLLIN, SOURCE_SIGNAL, 0);
  monitor_watch(monitor, monitor->listen_fd, EPOLLIN, SOURCE_LISTEN, 0);
  monitor->listen_is_armed = true;
  result = monitor_notify_open(monitor);
  if (result < 0) return monitor_fail(report, -result, "making the socket for sd_notify");
  result = monitor_lease_open(monitor);
  if (result < 0) return monitor_fail(report, -result, "the process that the container is leased to has ended");
  return monitor_start_container(monitor, report);
}

/* --rm. The event comes last, but the subject after a rename goes with the directory. */
static void monitor_remove(struct monitor *monitor)
{
  event_emit(&monitor->settings.events, monitor->dir_fd, "remove", "");
  container_cleanup(monitor->plan);
}

static void monitor_record_failure(struct monitor *monitor, const struct report *report)
{
  if (monitor->plan != NULL && (monitor->settings.flags & MONITOR_REMOVE)) {
    monitor_wait_for_starter();
    monitor_remove(monitor);
    return;
  }
  if (monitor->state.monitor_pid == 0) state_init(&monitor->state);
  monitor->state.status = STATE_EXITED;
  monitor->state.exit_code = failure_exit_code(report);
  timestamp_now(monitor->state.finished_at);
  monitor_describe_failure(report, monitor->state.error, sizeof monitor->state.error);
  state_write(&monitor->state, monitor->dir_fd);
}

static int monitor_run(struct monitor *monitor, const char *plan_path, const char *runtime_dir)
{
  struct report report = {0};
  int result = monitor_claim(monitor);
  if (result < 0) {
    monitor_fail(&report, -result, result == -EWOULDBLOCK ? "the container is running already" : "opening the directory");
    monitor_send_report(&report);
    return 1;
  }
  monitor_peek_window(monitor);
  result = monitor_prepare(monitor, plan_path, runtime_dir, &report);
  if (result < 0) {
    if (monitor->listen_fd >= 0) unlinkat(monitor->dir_fd, "attach", 0);
    bool removes = monitor->plan != NULL && (monitor->settings.flags & MONITOR_REMOVE);
    if (removes) monitor_send_report(&report);
    monitor_record_failure(monitor, &report);
    if (!removes) monitor_send_report(&report); /* whoever hears of it finds the record written */
    userns_leave();
    return 1;
  }
  state_write(&monitor->state, monitor->dir_fd);
  monitor_send_report(&report);
  monitor_keeper_start(monitor);
  struct client *starter = control_client_add(monitor, STARTER_FD);
  if (starter != NULL) starter->is_starter = true;
  if (starter != NULL) control_client_read(monitor, starter); /* what it has subscribed to beforehand, it gets from the first byte */
  program_forget_pages(); /* what a launch needs is much more than what an idle container does */
  result = monitor_loop(monitor);
  if (!monitor->is_kept && (monitor->settings.flags & MONITOR_REMOVE)) monitor_remove(monitor);
  userns_leave();
  return result < 0 ? 1 : 0;
}

/* 0 or -errno. */
static int monitor_parse(struct monitor *monitor, int argc, char **argv)
{
  int result = argc < 3 ? -EINVAL : 0;
  for (int i = 3; i < argc && result == 0; i++) {
    const char *value = i + 1 < argc ? argv[i + 1] : "";
    if (strcmp(argv[i], "--passthrough") == 0) monitor->is_passthrough = true;
    else if (strcmp(argv[i], "--hand") == 0) result = handed_parse(value, &monitor->handed), i++;
    else if (strcmp(argv[i], "--listen") == 0 && monitor->handed) monitor->handed->listening = (unsigned)atoi(value), i++;
    else if (strcmp(argv[i], "--listen-names") == 0 && monitor->handed) monitor->handed->names = strdup(value), i++;
    else result = -EINVAL;
  }
  return result;
}

/* Entry point of the applet; see the top of this file. */
int applet_monitor(int argc, char **argv)
{
  struct monitor *monitor = &the_monitor;
  if (monitor_parse(monitor, argc, argv) < 0) return 125;
  char registry[PATH_MAX];
  if (snprintf(registry, sizeof registry, "%s/userns", argv[2]) < (int)sizeof registry) seal_self_as(registry, argv - 1);
  int result = seal_self(argv - 1, argv[1]);
  if (result == 0) result = monitor_detach(monitor);
  if (result < 0) return 125;
  monitor->outputs[0].fd = monitor->outputs[1].fd = monitor->input.fd = monitor->log.fd = -1;
  monitor->resolver_fd = monitor->listen_fd = monitor->epoll_fd = monitor->signal_fd = monitor->lease_fd = monitor->notify_fd = monitor->secrets = -1;
  monitor->read_buffer = read_buffer;
  monitor->input.buffer = input_buffer;
  monitor->dir_fd = open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct report report = {.stage = REPORT_MONITOR, .error = errno, .text = "opening the container's directory"};
  if (monitor->dir_fd < 0) {
    monitor_send_report(&report);
    return 125;
  }
  char plan_path[64];
  snprintf(plan_path, sizeof plan_path, "/proc/self/fd/%d/plan", monitor->dir_fd);
  if (chdir("/") < 0) return 125;
  return monitor_run(monitor, plan_path, argv[2]);
}
