/* See exec-pipes.h. */
#define _GNU_SOURCE
#include "exec-pipes.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys.h"

#define CHUNK 16384

static void close_end(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

int exec_pipes_open(struct exec_pipes *pipes, struct container_io *io, bool all) {
  int *slots[3] = {&io->stdin_fd, &io->stdout_fd, &io->stderr_fd};
  memset(pipes, -1, sizeof *pipes);
  for (int i = 0; i < 3; i++) {
    int ends[2];
    if (*slots[i] < 0 || (!all && !isatty(*slots[i]))) continue;
    if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
    pipes->ours[i] = ends[i == 0 ? 1 : 0];
    *slots[i] = pipes->theirs[i] = ends[i == 0 ? 0 : 1];
    fcntl(pipes->ours[i], F_SETFL, O_NONBLOCK);
    /* Programs reopen /dev/stdout, and not always as the user that the pipe belongs to. */
    fchmod(pipes->theirs[i], 0666);
  }
  return 0;
}

void exec_pipes_close_theirs(struct exec_pipes *pipes) {
  for (int i = 0; i < 3; i++) close_end(&pipes->theirs[i]);
}

static bool write_whole(int fd, const char *bytes, ssize_t length) {
  while (length > 0) {
    ssize_t written = write(fd, bytes, (size_t)length);
    if (written < 0 && errno == EAGAIN) poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
    else if (written < 0 && errno != EINTR) return false;
    else if (written > 0) bytes += written, length -= written;
  }
  return true;
}

/* False when there is nothing more to be had now. */
static bool pass_output(struct exec_pipes *pipes, int i) {
  char bytes[CHUNK];
  ssize_t count = read(pipes->ours[i], bytes, sizeof bytes);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (count > 0 && write_whole(i, bytes, count)) return true;
  close_end(&pipes->ours[i]);
  return false;
}

/* Typed, not yet taken by the process: it may itself be waiting for us to take its output. */
struct typed {
  char bytes[CHUNK];
  ssize_t start, end;
};

static void take_input(struct exec_pipes *pipes, struct typed *typed) {
  ssize_t count = read(0, typed->bytes, sizeof typed->bytes);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) close_end(&pipes->ours[0]);
  typed->start = 0;
  typed->end = count > 0 ? count : 0;
}

static void pass_input(struct exec_pipes *pipes, struct typed *typed) {
  ssize_t written = write(pipes->ours[0], typed->bytes + typed->start, (size_t)(typed->end - typed->start));
  if (written > 0) typed->start += written;
  if (written < 0 && errno != EAGAIN && errno != EINTR) close_end(&pipes->ours[0]);
}

/* What it has written; not what others that it left behind go on writing. */
static void pass_rest(struct exec_pipes *pipes, int i) {
  int left = 0;
  if (pipes->ours[i] < 0 || ioctl(pipes->ours[i], FIONREAD, &left) < 0) return;
  for (int rounds = left / CHUNK + 1; rounds > 0 && pipes->ours[i] >= 0 && pass_output(pipes, i); rounds--) continue;
}

void exec_pipes_relay(struct exec_pipes *pipes, pid_t pid) {
  int pidfd = sys_pidfd_open(pid);
  signal(SIGPIPE, SIG_IGN);
  static struct typed typed;
  for (bool ended = false; !ended;) {
    bool waits = typed.start < typed.end;
    struct pollfd fds[5] = {
      {.fd = pidfd, .events = POLLIN},
      {.fd = pipes->ours[1], .events = POLLIN},
      {.fd = pipes->ours[2], .events = POLLIN},
      {.fd = pipes->ours[0] >= 0 && !waits ? 0 : -1, .events = POLLIN},
      {.fd = waits ? pipes->ours[0] : -1, .events = POLLOUT},
    };
    if (poll(fds, 5, -1) < 0) continue;
    if (fds[1].revents) pass_output(pipes, 1);
    if (fds[2].revents) pass_output(pipes, 2);
    if (fds[3].revents) take_input(pipes, &typed);
    if (fds[4].revents) pass_input(pipes, &typed);
    ended = fds[0].revents != 0;
  }
  for (int i = 1; i < 3; i++) pass_rest(pipes, i);
  for (int i = 0; i < 3; i++) close_end(&pipes->ours[i]);
  if (pidfd >= 0) close(pidfd);
}
