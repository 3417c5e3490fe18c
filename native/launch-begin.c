/* See launch-begin.h. */
#define _GNU_SOURCE
#include "launch-begin.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "applets.h"
#include "attach.h"

#define MONITOR_FD 3
#define ATTACH_WORDS_MAX 32

extern char **environ;

bool launch_find_start(const struct launch_template *template, struct start_record *out) {
  struct template_record record;
  for (size_t at = 0; template_next(template, &at, &record);) {
    if (record.type != DO_START || record.bytes < 8) continue;
    memcpy(out, record.payload, 8);
    out->words = (const char *)record.payload + 8;
    out->end = (const char *)record.payload + record.bytes;
    return true;
  }
  return false;
}

/* What Node does to its process when it starts, and what it starts inherits. */
static void behave_like_node(void) {
  struct rlimit limit;
  sigset_t none;
  for (int number = 1; number < NSIG; number++) signal(number, number == SIGPIPE || number == SIGXFSZ ? SIG_IGN : SIG_DFL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/* What the client wants to hear is said before the container runs: it would miss its first words. The size of the terminal comes first. */
static void introduce(int fd, const struct start_record *start) {
  uint16_t size[2];
  if (start->flags & START_TERMINAL && terminal_size(&size[0], &size[1]) == 0) attach_send(fd, FRAME_RESIZE, size, sizeof size);
  if (start->streams) attach_send(fd, FRAME_SUBSCRIBE, &start->streams, sizeof start->streams);
}

_Noreturn static void become_monitor(const struct launch_fill *fill, int theirs) {
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  /* Out of the way of the descriptors that are about to be replaced. */
  int control = fcntl(theirs, F_DUPFD_CLOEXEC, MONITOR_FD + 1);
  if (nothing < 0 || control < 0) _exit(125);
  for (int fd = 0; fd < 3; fd++) dup2(nothing, fd);
  dup2(control, MONITOR_FD);
  char *argv[] = {"cala-native", "monitor", (char *)fill->path, (char *)fill->runtime, NULL};
  _exit(applet_monitor(3, argv + 1));
}

/* Our end of the connection to the new monitor, or -errno. */
static int start_monitor(const struct launch_fill *fill, const struct start_record *start) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) return -errno;
  introduce(ends[0], start);
  pid_t child = fork();
  if (child == 0) become_monitor(fill, ends[1]);
  int error = errno;
  close(ends[1]);
  if (child > 0) return ends[0];
  close(ends[0]);
  return -error;
}

/* Follows the start, and the container's streams where they are wanted. The exit code. */
static int follow(const struct launch_fill *fill, const struct start_record *start, const char *answer, int control) {
  char fd[12], lock[12];
  char *argv[ATTACH_WORDS_MAX + 1] = {"cala-native", "attach", (char *)fill->path, "--fd", fd, "--lock-fd", lock};
  int count = 7;
  snprintf(fd, sizeof fd, "%d", control);
  snprintf(lock, sizeof lock, "%d", fill->lock);
  for (const char *word = start->words; word < start->end && count < ATTACH_WORDS_MAX; word += strlen(word) + 1) argv[count++] = (char *)word;
  bool detached = start->flags & START_DETACHED;
  if (detached) argv[count++] = "--started-only";
  int code = applet_attach(count - 1, argv + 1);
  if (detached && code == 0) dprintf(1, "%s\n", answer);
  return code;
}

int launch_begin(struct front_environment *environment, const struct launch_fill *fill, const struct start_record *start, const char *answer) {
  environ = environment->strings;
  behave_like_node();
  int control = start_monitor(fill, start);
  return control < 0 ? FRONT_NOT_TAKEN : follow(fill, start, answer, control);
}
