/* The applet `init -- CMD ARGS…`: PID 1 of a container started with --init. Hands signals on, reaps orphans, ends with its child. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applets.h"

/* The sockets of LISTEN_FDS are for the program, which is not process 1 as its variables say. */
static void take_over_sockets(void) {
  char parent[16], own[16];
  const char *told = getenv("LISTEN_PID");
  snprintf(parent, sizeof parent, "%d", (int)getppid());
  snprintf(own, sizeof own, "%d", (int)getpid());
  if (told && strcmp(told, parent) == 0) setenv("LISTEN_PID", own, 1);
}

_Noreturn static void run_child(char **command) {
  sigset_t none;
  take_over_sockets();
  /* In the foreground of a terminal, as a shell would start it; SIGTTOU is still blocked here. */
  setpgid(0, 0);
  if (isatty(0)) tcsetpgrp(0, getpid());
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execvp(command[0], command);
  dprintf(2, "cala-init: %s: %s\n", command[0], strerror(errno));
  _exit(errno == ENOENT ? 127 : 126);
}

/* Reaps everybody who has ended. The exit code once `child` is among them, else -1. */
static int reap(pid_t child) {
  int status, code = -1;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
    if (pid == child) code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return code;
}

int applet_init(int argc, char **argv) {
  char **command = argv + 1;
  if (argc > 1 && strcmp(argv[1], "--") == 0) command++;
  if (!*command) return 125;
  sigset_t all;
  prctl(PR_SET_NAME, "cala-init");
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  pid_t child = fork();
  if (child < 0) return 125;
  if (child == 0) run_child(command);
  syscall(SYS_close_range, 3, ~0u, 0); /* a socket that the program closes must not be held open here */
  for (;;) {
    int number = sigwaitinfo(&all, NULL);
    if (number == SIGCHLD) {
      int code = reap(child);
      if (code >= 0) return code;
    } else if (number > 0 && number != SIGTTIN && number != SIGTTOU) {
      kill(child, number);
    }
  }
}
