/* The two sides of a launch after the clone, in step over a socket pair: maps written → M; set up → S (with the terminal);
 * helpers ready → G; then the exec closes the report pipe, or a report comes through it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>

#include "cgroup.h"
#include "handed.h"
#include "launch.h"
#include "state.h"
#include "membership.h"

#define KEYCTL_JOIN_SESSION 1

static int send_step(int sync, char step, int fd) {
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct iovec part = {&step, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (fd >= 0) {
    message.msg_control = control.space;
    message.msg_controllen = sizeof control.space;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  return sendmsg(sync, &message, MSG_NOSIGNAL) == 1 ? 0 : -EPIPE;
}

/* 0 when `step` came; -EPIPE when the other side is gone. */
static int await_step(int sync, char step, int *fd) {
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control = {0};
  char got = 0;
  struct iovec part = {&got, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
  ssize_t count;
  do count = recvmsg(sync, &message, MSG_CMSG_CLOEXEC);
  while (count < 0 && errno == EINTR);
  if (count != 1 || got != step) return -EPIPE;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (fd && header && header->cmsg_type == SCM_RIGHTS) memcpy(fd, CMSG_DATA(header), sizeof *fd);
  return 0;
}

static int standard_streams(struct launch *launch) {
  int fds[3] = {launch->io.stdin_fd, launch->io.stdout_fd, launch->io.stderr_fd};
  for (int i = 0; i < 3; i++) {
    if (launch->pty_slave >= 0) fds[i] = launch->pty_slave;
    /* Out of the way of 0, 1 and 2 first: they may be each other's sources. */
    fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 10);
    if (fds[i] < 0) return -errno;
  }
  for (int i = 0; i < 3; i++)
    if (dup2(fds[i], i) < 0) return -errno;
  return launch->pty_slave >= 0 && ioctl(0, TIOCSCTTY, 0) < 0 ? -errno : 0;
}

/* Keys that the caller has in his session, tickets and disk passwords among them, are no business of a container's. Every user may have
 * a few hundred keyrings only (keyrings(7)), counted by real user id: past that, the container's other users are asked. */
static void leave_session_keyring(void) {
  uid_t helper = 60000;
  while (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION, NULL) < 0 && errno == EDQUOT && helper < 60064)
    if (setresuid(helper++, (uid_t)-1, (uid_t)-1) < 0) break;
  (void)!setresuid(0, (uid_t)-1, (uid_t)-1);
}

static uint32_t created_namespaces(const struct plan *plan) {
  uint32_t index = plan_find(plan, PLAN_SECTION_SETTINGS, OP_NAMESPACES, 0);
  if (index == UINT32_MAX) return 0;
  struct plan_op op = plan_op_at(plan, index);
  struct op_namespaces namespaces;
  op_namespaces_read(&op, &namespaces);
  return namespaces.create;
}

/* Where the container's root is another id than the user's, the user's directories may be closed to it (a home with mode 0700), with
 * capabilities or without: those do not reach files of ids that are not mapped. So what is mounted is opened before this process
 * becomes root. */
static int open_as_user(struct launch *launch) {
  if (launch->plan->kind != PLAN_KIND_CONTAINER || geteuid() == 0) return 0;
  int result = sources_open(launch);
  return result < 0 ? report_fill(launch->report, REPORT_CLONE, 0, -result, "no memory") : 0;
}

static int become_root(struct launch *launch) {
  bool other = geteuid() != 0;
  if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) return report_fill(launch->report, REPORT_CLONE, 0, errno, "root of the container is not mapped");
  /* The change took its own files below /proc from it. With ids of its own nobody is there yet who could trace it. */
  if (other && (created_namespaces(launch->plan) & (NS_USER | NS_PID))) prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  return 0;
}

/* Leaves nothing open but the standard streams, what is handed on, and pipes, sockets and sealed memory of ours. Marking the rest
 * close-on-exec is not enough: an image may name a directory of ours as the place of its program, and that name is looked up before the exec
 * closes anything (/proc/self/fd/7/../../bin/sh, CVE-2024-21626). */
static int leave_descriptors(struct launch *launch, int *report_pipe) {
  return handed_place(launch->io.handed, (int *const[]){&launch->sync, report_pipe, &launch->self}, 3);
}

static int child_run(struct launch *launch, int sync, int *report_pipe) {
  launch->sync = sync;
  report_fill(launch->report, REPORT_CLONE, 0, 0, "");
  if (await_step(sync, 'M', NULL) < 0) _exit(127);
  bool translates = plan_find(launch->plan, PLAN_SECTION_SETUP, OP_TRANSLATE, 0) != UINT32_MAX;
  int result = translates ? 0 : open_as_user(launch);
  if (result == 0 && !translates) result = become_root(launch);
  if (result < 0) return result;
  setsid();
  leave_session_keyring();
  if ((created_namespaces(launch->plan) & NS_CGROUP) && sys_unshare(NS_CGROUP) < 0) return report_fill(launch->report, REPORT_CLONE, 0, errno, "no cgroup namespace");
  if (launch->plan->kind == PLAN_KIND_CONTAINER) launch->self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (launch->plan->kind == PLAN_KIND_EXEC) launch->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  result = launch_run_section(launch, PLAN_SECTION_SETUP, REPORT_SETUP);
  if (result < 0) return result;
  if (send_step(sync, 'S', launch->pty_master) < 0 || await_step(sync, 'G', NULL) < 0) _exit(127);
  result = standard_streams(launch);
  if (result < 0) return report_fill(launch->report, REPORT_ENTER, launch->plan->sections[PLAN_SECTION_ENTER].first, -result, "standard streams");
  result = leave_descriptors(launch, report_pipe);
  if (result < 0) return report_fill(launch->report, REPORT_ENTER, launch->plan->sections[PLAN_SECTION_ENTER].first, -result, "the descriptors that are handed on");
  if (launch->pty_slave >= 0) launch->pty_slave = 0;
  return launch_run_section(launch, PLAN_SECTION_ENTER, REPORT_ENTER);
}

_Noreturn void launch_child(struct launch *launch, int sync, int report_pipe) {
  child_run(launch, sync, &report_pipe);
  (void)!write(report_pipe, launch->report, sizeof *launch->report);
  _exit(127);
}

/* Whatever the child said before it went; a child that said nothing was killed. */
static int child_report(struct launch *launch, int report_pipe, pid_t child) {
  struct report report;
  size_t length = 0;
  while (length < sizeof report) {
    ssize_t count = read(report_pipe, (char *)&report + length, sizeof report - length);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    length += (size_t)count;
  }
  if (length == 0) return 0;
  *launch->report = report;
  launch->report->text[sizeof report.text - 1] = 0;
  launch->report->pid = (uint32_t)child;
  return length == sizeof report && report.error > 0 ? -report.error : -EPROTO;
}

int launch_parent(struct launch *launch, pid_t child, int sync, int report_pipe, bool nested) {
  int result = nested ? namespaces_write_maps(launch, child) : 0;
  if (result < 0) return result;
  result = cgroup_move(launch, child);
  if (result < 0) {
    uint32_t join = plan_find(launch->plan, PLAN_SECTION_HOST, OP_CGROUP_JOIN, 0);
    if (plan_op_at(launch->plan, join).policy != PLAN_POLICY_IGNORE) return report_fill(launch->report, REPORT_HOST, join, -result, "the cgroup cannot be joined");
  }
  if (send_step(sync, 'M', -1) < 0) return report_fill(launch->report, REPORT_CLONE, 0, EPIPE, "the container's first process died");
  pid_t network = launch->network_holder > 0 ? launch->network_holder : child;
  result = launch->process ? helpers_spawn(launch, PLAN_SPAWN_WHEN_AFTER, network) : 0;
  if (result == 0 && launch->io.networks && !launch->io.is_off) result = memberships_join(launch->io.networks, network, launch->report);
  if (result < 0) return result;
  if (await_step(sync, 'S', &launch->pty_master) < 0) {
    result = child_report(launch, report_pipe, child);
    return result < 0 ? result : report_fill(launch->report, REPORT_SETUP, 0, EPIPE, "the container's first process was killed");
  }
  result = launch->process ? helpers_wait(launch, PLAN_SPAWN_WHEN_AFTER) : 0;
  if (result < 0) return result;
  /* A pause that came before the child was there has said so; one that comes now reaches it. */
  if (launch->state_dir >= 0 && state_is_paused(launch->state_dir)) return report_fill(launch->report, REPORT_HOST, UINT32_MAX, EBUSY, "the container is paused");
  /* A child that is gone by now has left its report, or none. */
  send_step(sync, 'G', -1);
  return child_report(launch, report_pipe, child);
}
