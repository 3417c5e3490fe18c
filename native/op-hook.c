/* Hooks of the kind createContainer (OCI runtime specification, "POSIX-platform Hooks"): programs of the host that run among the
 * container's mounts before its root is entered. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

#include "launch.h"

_Noreturn static void hook_child(const struct op_hook *args, int input, int words) {
  char **argv = plan_list_array(args->argv, 0), **env = plan_list_array(args->env, 0);
  sigset_t none;
  sigemptyset(&none);
  for (int number = 1; number < 65; number++) signal(number, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  dup2(input, 0);
  dup2(words, 1);
  dup2(words, 2);
  sys_close_range(3, ~0u, 4);
  if (argv && env && argv[0]) execve(args->path, argv, env);
  dprintf(2, "cannot be executed: %s", strerror(errno));
  _exit(127);
}

static int64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Reads what it says until it ends; the last words stay. */
static int follow(int words, char *text, size_t size, int64_t until) {
  size_t used = 0;
  for (;;) {
    char piece[256];
    struct pollfd one = {.fd = words, .events = POLLIN};
    int64_t left = until ? until - now_ms() : 60000;
    if (left <= 0 || poll(&one, 1, (int)left) == 0) return until && now_ms() >= until ? -ETIMEDOUT : 0;
    ssize_t count = read(words, piece, sizeof piece);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    for (ssize_t i = 0; i < count; i++) {
      if (used + 1 == size) memmove(text, text + 1, --used);
      text[used++] = piece[i] == '\n' ? ' ' : piece[i];
    }
    text[used] = 0;
  }
  return 0;
}

int run_hook(struct launch *launch, const struct plan_op *op) {
  struct op_hook args;
  op_hook_read(op, &args);
  int input[2] = {-1, -1}, words[2] = {-1, -1};
  if (pipe2(input, O_CLOEXEC) < 0 || pipe2(words, O_CLOEXEC) < 0) return -errno;
  pid_t child = fork();
  if (child == 0) hook_child(&args, input[0], words[1]);
  int result = child < 0 ? -errno : 0;
  close(input[0]);
  close(words[1]);
  /* The state is smaller than a pipe's buffer; one that does not read it is no fault. */
  signal(SIGPIPE, SIG_IGN);
  if (child > 0) (void)!write(input[1], args.state, strlen(args.state));
  signal(SIGPIPE, SIG_DFL);
  close(input[1]);
  char text[400] = "";
  if (child > 0) result = follow(words[0], text, sizeof text, args.timeout_ms ? now_ms() + args.timeout_ms : 0);
  close(words[0]);
  if (child > 0) {
    int status = 0;
    if (result < 0) kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    if (result == 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) result = -ECHILD;
  }
  if (result < 0) launch_explain(launch, "the hook failed", text[0] ? text : args.path);
  return result;
}
