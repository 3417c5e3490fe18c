/* The applet `attach CONTAINER_DIR [--fd N] …`: what a foreground command becomes. It relays the container's streams and ends with its exit code. */
#define _GNU_SOURCE
#include "attach.h"
#include "applets.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "explain.h"
#include "state.h"

#define EXIT_FAILURE_OF_CALA 125
#define RECEIVE_BYTES 32768u
#define SEND_BYTES 16384u
#define END_OF_INPUT_KEY 4

struct attach {
  const char *dir;
  int dir_fd;
  int fd;
  int lock_fd; /* the container's lock, held from the starter on until the monitor's word; or -1 */
  uint32_t streams; /* SUBSCRIBE_* */
  bool has_terminal, signal_proxy, started_only, wait_exit;
  bool is_raw, stdin_is_open;
  uint8_t last_input;
  struct detach_keys keys;
  const char *image; /* to be removed afterwards, or NULL */
  uint8_t header[FRAME_HEADER_BYTES];
  uint8_t small[8]; /* the payload of an EXIT frame */
  uint32_t header_used, payload_done;
  int exit_code;      /* -1: not known yet */
  uint32_t exit_flags;
  uint32_t send_start, send_end;
};

static uint8_t receive_buffer[RECEIVE_BYTES];
static uint8_t send_buffer[FRAME_HEADER_BYTES * 2 + SEND_BYTES + DETACH_KEYS_MAX];
static uint8_t typed_buffer[SEND_BYTES];

static int attach_complain(const char *message)
{
  terminal_restore();
  dprintf(2, "cala: %s\n", message);
  return EXIT_FAILURE_OF_CALA;
}

/* Writes to the caller's output, waiting as long as it takes. 0 or -errno. */
static int attach_write(int fd, const uint8_t *bytes, size_t length)
{
  while (length > 0) {
    ssize_t wrote = write(fd, bytes, length);
    if (wrote >= 0) {
      bytes += wrote;
      length -= (size_t)wrote;
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return -errno;
    struct pollfd one = {.fd = fd, .events = POLLOUT};
    poll(&one, 1, -1);
  }
  return 0;
}

static size_t attach_min(size_t one, size_t other)
{
  return one < other ? one : other;
}

/* Takes part of a frame's payload. 0 or -errno. */
static int attach_take_payload(struct attach *attach, struct frame_header header, const uint8_t *bytes, size_t length)
{
  if (header.type == FRAME_STDOUT || header.type == FRAME_STDERR) return attach_write(header.type == FRAME_STDOUT ? 1 : 2, bytes, length);
  if (header.type != FRAME_EXIT || header.length != sizeof attach->small) return 0; /* answers to signals, and frames of newer monitors */
  memcpy(attach->small + attach->payload_done, bytes, length);
  if (attach->payload_done + length < header.length) return 0;
  attach->exit_code = (int32_t)frame_u32(attach->small);
  attach->exit_flags = frame_u32(attach->small + 4);
  return 0;
}

/* Takes received bytes apart. 0 or -errno. */
static int attach_take(struct attach *attach, const uint8_t *bytes, size_t length)
{
  while (length > 0) {
    size_t part;
    if (attach->header_used < FRAME_HEADER_BYTES) {
      part = attach_min(length, FRAME_HEADER_BYTES - attach->header_used);
      memcpy(attach->header + attach->header_used, bytes, part);
      attach->header_used += (uint32_t)part;
      attach->payload_done = 0;
    } else {
      struct frame_header header = frame_get_header(attach->header);
      part = attach_min(length, header.length - attach->payload_done);
      int result = attach_take_payload(attach, header, bytes, part);
      if (result < 0) return result;
      attach->payload_done += (uint32_t)part;
    }
    bytes += part;
    length -= part;
    if (attach->header_used == FRAME_HEADER_BYTES && attach->payload_done == frame_get_header(attach->header).length) attach->header_used = 0;
  }
  return 0;
}

static void attach_flush(struct attach *attach)
{
  while (attach->send_start < attach->send_end) {
    ssize_t sent = send(attach->fd, send_buffer + attach->send_start, attach->send_end - attach->send_start, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return;
    if (sent < 0) attach->stdin_is_open = false; /* the monitor has left; the reading side tells how it ended */
    if (sent < 0) break;
    attach->send_start += (uint32_t)sent;
  }
  attach->send_start = attach->send_end = 0;
}

/* A pipe that feeds a container's terminal has come to its end. The program sees that as from a keyboard: by the key for it, twice
 * where a line is unfinished. */
static void attach_end_stdin(struct attach *attach)
{
  attach->stdin_is_open = false;
  attach->send_end = 0;
  if (attach->has_terminal && !attach->is_raw) {
    uint32_t keys = attach->last_input == '\n' || attach->last_input == 0 ? 1 : 2;
    frame_put_header(send_buffer, FRAME_STDIN, keys);
    memset(send_buffer + FRAME_HEADER_BYTES, END_OF_INPUT_KEY, keys);
    attach->send_end = FRAME_HEADER_BYTES + keys;
  }
  frame_put_header(send_buffer + attach->send_end, FRAME_STDIN_EOF, 0);
  attach->send_end += FRAME_HEADER_BYTES;
  attach_flush(attach);
}

/* Reads standard input into one frame. 1 when the user typed the detach keys, else 0. */
static int attach_read_stdin(struct attach *attach)
{
  bool detach = false;
  ssize_t got = read(0, typed_buffer, sizeof typed_buffer);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return 0;
  if (got <= 0) {
    attach_end_stdin(attach);
    return 0;
  }
  attach->last_input = typed_buffer[got - 1];
  size_t length = (size_t)got;
  uint8_t *body = send_buffer + FRAME_HEADER_BYTES;
  if (attach->is_raw) length = detach_keys_filter(&attach->keys, typed_buffer, length, body, &detach);
  else memcpy(body, typed_buffer, length);
  if (length > 0) {
    frame_put_header(send_buffer, FRAME_STDIN, (uint32_t)length);
    attach->send_end = FRAME_HEADER_BYTES + (uint32_t)length;
    attach_flush(attach);
  }
  return detach ? 1 : 0;
}

/* 1: the connection is over, 0: there may be more, -errno: our own output failed. */
static int attach_receive(struct attach *attach)
{
  ssize_t got = recv(attach->fd, receive_buffer, sizeof receive_buffer, MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR ? 0 : 1;
  if (got == 0) return 1;
  return attach_take(attach, receive_buffer, (size_t)got);
}

static int attach_finish(struct attach *attach)
{
  terminal_restore();
  if (attach->exit_code < 0) attach->exit_code = state_read_exit_code(attach->dir_fd);
  if (attach->exit_code < 0) return attach_complain("the monitor of this container ended unexpectedly; how the container ended is not known");
  if (attach->wait_exit) dprintf(1, "%d\n", attach->exit_code);
  return attach->wait_exit ? 0 : attach->exit_code & 0xff;
}

/* Relays until the container has ended. The exit code. */
static int attach_relay(struct attach *attach)
{
  for (;;) {
    bool is_sending = attach->send_end > attach->send_start;
    bool wants_input = attach->stdin_is_open && !is_sending && attach->exit_code < 0;
    struct pollfd fds[2] = {
      {.fd = attach->fd, .events = (short)(POLLIN | (is_sending ? POLLOUT : 0))},
      {.fd = wants_input ? 0 : -1, .events = POLLIN},
    };
    if (poll(fds, 2, -1) < 0 && errno != EINTR) return attach_complain("waiting for the container failed");
    if (fds[0].revents & POLLOUT) attach_flush(attach);
    if (fds[0].revents & (POLLIN | POLLHUP | POLLERR)) {
      int result = attach_receive(attach);
      if (result > 0) return attach_finish(attach);
      if (result < 0) {
        terminal_restore();
        return 128 + 13; /* as if SIGPIPE had not been ignored */
      }
      if (attach->exit_code >= 0) attach_signals_reset();
    }
    if (fds[1].revents != 0 && attach_read_stdin(attach) == 1) {
      terminal_restore();
      return 0;
    }
  }
}

/* Waits for the word of the monitor on the starter's connection. -1: started, else the exit code. */
static int attach_await_start(struct attach *attach)
{
  struct report report;
  int result = attach_read_report(attach->fd, &report);
  while (waitpid(-1, NULL, WNOHANG) > 0) continue; /* the monitor's first process: our child when a command became us */
  if (attach->lock_fd >= 0) close(attach->lock_fd);
  if (result < 0) return attach_complain("the monitor of this container ended before the container was started");
  if (report.stage == REPORT_STARTED && report.text[0]) dprintf(2, "WARN %s\n", report.text);
  if (report.stage == REPORT_STARTED) return attach->started_only ? 0 : -1;
  fcntl(attach->fd, F_SETFD, 0); /* the explainer keeps it: with --rm, removal waits until it is closed */
  return explain_failure(attach->dir, &report);
}

static int attach_run(struct attach *attach)
{
  attach->is_raw = attach->has_terminal && (attach->streams & SUBSCRIBE_STDIN) && isatty(0);
  if (!attach->started_only && !attach->wait_exit) attach_signals_install(attach->signal_proxy, attach->is_raw, attach->has_terminal);
  if (attach->fd >= 0) {
    int code = attach_await_start(attach);
    if (code >= 0) return code;
  } else {
    attach->fd = attach_connect(attach->dir_fd);
    if (attach->fd < 0 && attach->wait_exit) return attach_finish(attach);
    if (attach->fd < 0) return attach_complain("this container is not running");
  }
  if (!attach->wait_exit) attach_signals_connect(attach_connect(attach->dir_fd));
  if (attach->is_raw && terminal_make_raw(0) < 0) attach->is_raw = false;
  uint32_t wanted = attach->wait_exit ? SUBSCRIBE_EXIT : attach->streams | SUBSCRIBE_EXIT;
  attach_send(attach->fd, FRAME_SUBSCRIBE, &wanted, sizeof wanted);
  attach->stdin_is_open = !attach->wait_exit && (attach->streams & SUBSCRIBE_STDIN);
  return attach_relay(attach);
}

static int attach_parse(struct attach *attach, int argc, char **argv)
{
  const char *keys = "ctrl-p,ctrl-q";
  for (int i = 2; i < argc; i++) {
    const char *value = i + 1 < argc ? argv[i + 1] : "";
    if (strcmp(argv[i], "--fd") == 0) attach->fd = atoi(value), i++;
    else if (strcmp(argv[i], "--lock-fd") == 0) attach->lock_fd = atoi(value), i++;
    else if (strcmp(argv[i], "--detach-keys") == 0) keys = value, i++;
    else if (strcmp(argv[i], "--then-remove-image") == 0) attach->image = value, i++;
    else if (strcmp(argv[i], "--no-stdin") == 0) attach->streams &= ~SUBSCRIBE_STDIN;
    else if (strcmp(argv[i], "--no-stdout") == 0) attach->streams &= ~SUBSCRIBE_STDOUT;
    else if (strcmp(argv[i], "--no-stderr") == 0) attach->streams &= ~SUBSCRIBE_STDERR;
    else if (strcmp(argv[i], "--sig-proxy=0") == 0) attach->signal_proxy = false;
    else if (strcmp(argv[i], "--tty") == 0) attach->has_terminal = true;
    else if (strcmp(argv[i], "--started-only") == 0) attach->started_only = true;
    else if (strcmp(argv[i], "--wait-exit") == 0) attach->wait_exit = true;
    else return -EINVAL;
  }
  return detach_keys_parse(&attach->keys, keys);
}

/* Entry point of the applet; see the top of this file. */
int applet_attach(int argc, char **argv)
{
  struct attach attach = {.fd = -1, .lock_fd = -1, .exit_code = -1, .signal_proxy = true, .streams = SUBSCRIBE_STDOUT | SUBSCRIBE_STDERR | SUBSCRIBE_STDIN};
  if (argc < 2 || attach_parse(&attach, argc, argv) < 0) return attach_complain("bad arguments for attach");
  attach.dir = argv[1];
  attach.dir_fd = open(attach.dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
  /* With a connection it may be gone: a short --rm container is over before we get here. */
  if (attach.dir_fd < 0 && attach.fd < 0) return attach_complain("the directory of this container is gone");
  if (attach.fd >= 0) fcntl(attach.fd, F_SETFD, FD_CLOEXEC);
  if (attach.lock_fd >= 0) fcntl(attach.lock_fd, F_SETFD, FD_CLOEXEC);
  int code = attach_run(&attach);
  if (attach.image != NULL && attach.exit_code >= 0) image_remove_after(attach.image);
  return code;
}
