#define _GNU_SOURCE
#include "exec-relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "attach.h"
#include "sys.h"

#define CHUNK 4096
#define END_OF_INPUT_KEY 4

struct relay {
  int master;
  bool reads_stdin;
  struct detach_keys keys;
  uint8_t input[CHUNK + DETACH_KEYS_MAX]; /* typed, not yet taken by the container */
  size_t input_length;
  uint8_t last_input;
};

static volatile sig_atomic_t size_changed = 1;

static void on_resize(int number) {
  (void)number;
  size_changed = 1;
}

static void on_end(int number) {
  terminal_restore();
  _exit(128 + number);
}

static void install_handlers(void) {
  static const int ends[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP};
  struct sigaction action = {.sa_handler = on_resize};
  sigaction(SIGWINCH, &action, NULL);
  action.sa_handler = on_end;
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) sigaction(ends[i], &action, NULL);
  signal(SIGPIPE, SIG_IGN);
}

static void pass_size(int master) {
  uint16_t rows, columns;
  size_changed = 0;
  if (terminal_size(&rows, &columns) < 0) return;
  struct winsize size = {.ws_row = rows, .ws_col = columns};
  ioctl(master, TIOCSWINSZ, &size);
}

/* False at the end of the terminal. */
static bool pass_output(int master) {
  uint8_t bytes[CHUNK];
  ssize_t count = read(master, bytes, sizeof bytes);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  for (ssize_t done = 0; done < count;) {
    ssize_t written = write(1, bytes + done, (size_t)(count - done));
    if (written < 0 && errno == EAGAIN) poll(&(struct pollfd){.fd = 1, .events = POLLOUT}, 1, -1);
    else if (written < 0 && errno != EINTR) return false;
    else if (written > 0) done += written;
  }
  return count > 0;
}

static void take_input(struct relay *relay, bool *detach) {
  uint8_t bytes[CHUNK / 2];
  ssize_t count = read(0, bytes, sizeof bytes);
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (count <= 0) {
    relay->reads_stdin = false;
    relay->input[relay->input_length++] = END_OF_INPUT_KEY;
    if (relay->last_input != '\n' && relay->last_input != 0) relay->input[relay->input_length++] = END_OF_INPUT_KEY; /* the first one only sends the line */
    return;
  }
  relay->last_input = bytes[count - 1];
  relay->input_length += detach_keys_filter(&relay->keys, bytes, (size_t)count, relay->input + relay->input_length, detach);
}

static void pass_input(struct relay *relay) {
  ssize_t count = write(relay->master, relay->input, relay->input_length);
  if (count <= 0) return;
  relay->input_length -= (size_t)count;
  memmove(relay->input, relay->input + count, relay->input_length);
}

/* True when the user has detached; false when the process has ended and its output was passed on. */
static bool relay_until_end(struct relay *relay, int pidfd) {
  bool detach = false;
  while (!detach) {
    if (size_changed) pass_size(relay->master);
    bool room = relay->input_length == 0;
    struct pollfd fds[3] = {
      {.fd = relay->master, .events = (short)(POLLIN | (relay->input_length ? POLLOUT : 0))},
      {.fd = pidfd, .events = POLLIN},
      {.fd = relay->reads_stdin && room ? 0 : -1, .events = POLLIN},
    };
    if (poll(fds, 3, -1) < 0) continue;
    if (fds[0].revents & POLLOUT) pass_input(relay);
    bool has_output = fds[0].revents & (POLLIN | POLLHUP | POLLERR);
    if (has_output && !pass_output(relay->master)) return false;
    if (!has_output && fds[1].revents) return false;
    if (fds[2].revents) take_input(relay, &detach);
  }
  return true;
}

int exec_relay_abandon(int master) {
  signal(SIGHUP, SIG_IGN); /* before the fork: where we lead the session, our end hangs up the child at once */
  if (fork() != 0) return 0;
  setsid();
  fcntl(master, F_SETFL, 0);
  dup2(master, 3);
  int null = open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; fd++) dup2(null, fd);
  sys_close_range(4, ~0u, 0);
  char bytes[512];
  for (;;) {
    ssize_t count = read(3, bytes, sizeof bytes);
    if (count == 0 || (count < 0 && errno != EINTR)) _exit(0);
  }
}

int exec_relay(pid_t pid, int master, bool stdin_open, const char *keys) {
  static struct relay relay;
  relay.master = master;
  relay.reads_stdin = stdin_open;
  if (detach_keys_parse(&relay.keys, keys) < 0) detach_keys_parse(&relay.keys, "");
  install_handlers();
  if (stdin_open) terminal_make_raw(0); /* else the keys that interrupt are still the caller's */
  fcntl(master, F_SETFL, O_NONBLOCK);
  int pidfd = sys_pidfd_open(pid);
  bool detached = relay_until_end(&relay, pidfd);
  terminal_restore();
  if (detached) return exec_relay_abandon(master);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
