/* The applet `userns-exec RUNTIME_DIR [--map "I O N;…" | --uid-map … --gid-map …] -- CMD ARGS…`: runs a program as root of the outer user
 * namespace, with a mount namespace of its own. It becomes the program, so descriptors, signals and the exit status pass by themselves. */
#define _GNU_SOURCE
#include <stdio.h>

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
  execvp(arguments.command[0], arguments.command);
  int error = errno;
  userns_leave();
  dprintf(2, "userns-exec: %s: %s\n", arguments.command[0], strerror(error));
  return error == ENOENT ? 127 : 126;
}
