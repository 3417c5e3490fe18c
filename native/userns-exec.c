/* The applet `userns-exec RUNTIME_DIR [--map "I O N;…" | --uid-map … --gid-map …] -- CMD ARGS…`: runs a program as root of the outer user
 * namespace, with a mount namespace of its own. It stays until the program has ended, to strike itself off the list of those who live
 * there; its exit status is the program's (128 + signal), its death is the program's death, its descriptors are the program's alone. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "applets.h"
#include "launch.h"
#include "userns.h"

#define MAX_LINES 340

struct arguments {
  const char *runtime_dir;
  char *uids[MAX_LINES + 1];
  char *gids[MAX_LINES + 1];
  char **command;
};

static void split_map(char *text, char **lines) {
  int count = 0;
  char *copy = strdup(text);
  for (char *line = copy ? strtok(copy, ";") : NULL; line && count < MAX_LINES; line = strtok(NULL, ";")) lines[count++] = line;
  lines[count] = NULL;
}

static int parse(int argc, char **argv, struct arguments *out) {
  if (argc < 2) return -EINVAL;
  out->runtime_dir = argv[1];
  for (int i = 2; i < argc; i++) {
    if (strcmp(argv[i], "--") == 0) {
      out->command = argv + i + 1;
      return *out->command ? 0 : -EINVAL;
    }
    if (i + 1 == argc) return -EINVAL;
    if (strcmp(argv[i], "--map") == 0) {
      split_map(argv[i + 1], out->uids);
      split_map(argv[++i], out->gids);
    } else if (strcmp(argv[i], "--uid-map") == 0) {
      split_map(argv[++i], out->uids);
    } else if (strcmp(argv[i], "--gid-map") == 0) {
      split_map(argv[++i], out->gids);
    } else {
      return -EINVAL;
    }
  }
  return -EINVAL;
}

_Noreturn static void become(char **command, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(125); /* it died before the line above */
  execvp(command[0], command);
  int error = errno;
  dprintf(2, "userns-exec: %s: %s\n", command[0], strerror(error));
  _exit(error == ENOENT ? 127 : 126);
}

/* What the user types goes to the whole process group: the program decides whether it ends. */
static int wait_for(pid_t pid) {
  int status = 0;
  signal(SIGINT, SIG_IGN);
  signal(SIGQUIT, SIG_IGN);
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return 125;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int applet_userns_exec(int argc, char **argv) {
  static struct arguments arguments;
  struct report report = {0};
  if (parse(argc, argv, &arguments) < 0) {
    dprintf(2, "usage: userns-exec RUNTIME_DIR [--map MAP | --uid-map MAP --gid-map MAP] -- COMMAND [ARGUMENT…]\n");
    return 125;
  }
  if (userns_enter(arguments.runtime_dir, arguments.uids, arguments.gids, &report) < 0) {
    dprintf(2, "userns-exec: %s: %s\n", report.text, strerror(report.error));
    return 125;
  }
  pid_t self = getpid();
  pid_t pid = fork();
  if (pid == 0) become(arguments.command, self);
  if (pid < 0) dprintf(2, "userns-exec: %s\n", strerror(errno));
  userns_close_others();
  int status = pid < 0 ? 125 : wait_for(pid);
  userns_leave();
  return status;
}
