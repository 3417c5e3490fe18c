/* Finding Node and becoming it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "launch-front.h"

#define SCRIPT_NAME "cala.cjs"
#define FLAGS_MAX 16

struct node_command {
  struct front_environment *environment;
  char **argv; /* the place for Node's path first */
};

static int node_complain(const char *message, const char *detail)
{
  dprintf(2, "cala: %s%s; cala needs Node.js %d or newer: install it and run ./install.sh again, or set CALA_NODE\n", message, detail, FRONT_NODE_MINIMUM);
  return FRONT_FAILED;
}

/* Returns only when this Node cannot be executed. */
static void node_try(const struct node_command *command, const char *path)
{
  command->argv[0] = (char *)path;
  if (front_environment_set(command->environment, "CALA_NODE", path) < 0) return; /* for native programs that must ask Node for words */
  execve(path, command->argv, command->environment->strings);
}

/* The major version that a Node program tells of itself, 0 where it cannot be run. Only asked of one that the build has not seen. */
static int node_major(const char *path)
{
  int fds[2];
  char text[32] = "";
  if (pipe2(fds, O_CLOEXEC) < 0) return 0;
  pid_t child = fork();
  if (child == 0) {
    dup2(fds[1], 1);
    execl(path, path, "--version", NULL);
    _exit(127);
  }
  close(fds[1]);
  ssize_t got = child < 0 ? 0 : read(fds[0], text, sizeof text - 1);
  close(fds[0]);
  if (child > 0) waitpid(child, NULL, 0);
  return got > 1 && text[0] == 'v' ? atoi(text + 1) : 0;
}

/* The path that the build has recorded. False where there is none. */
static bool node_recorded(const char *program_dir, char out[PATH_MAX])
{
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/node-path", program_dir) >= (int)sizeof path) return false;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t got = read(fd, out, PATH_MAX - 1);
  close(fd);
  if (got <= 0) return false;
  out[got] = '\0';
  out[strcspn(out, "\n")] = '\0';
  return out[0] == '/';
}

/* Looks along PATH. Executes the first Node that is new enough; *oldest is set when there was one, but too old. */
static void node_search(const struct node_command *command, int *too_old)
{
  const char *path = front_environment_get(command->environment, "PATH");
  static const char *const names[] = {"node", "nodejs"};
  for (const char *at = path == NULL ? "/usr/local/bin:/usr/bin:/bin" : path; at != NULL;) {
    const char *end = strchrnul(at, ':');
    for (size_t i = 0; i < 2; i++) {
      char candidate[PATH_MAX];
      int length = snprintf(candidate, sizeof candidate, "%.*s/%s", (int)(end - at), at, names[i]);
      if (end == at || length >= (int)sizeof candidate || access(candidate, X_OK) < 0) continue;
      int major = node_major(candidate);
      if (major >= FRONT_NODE_MINIMUM) node_try(command, candidate);
      else if (major > 0) *too_old = major;
    }
    at = *end == '\0' ? NULL : end + 1;
  }
}

/* Splits CALA_NODE_FLAGS at blanks into argv from index 1 on. Returns how many there are. */
static int node_flags(const struct front_environment *environment, char **argv)
{
  const char *flags = front_environment_get(environment, "CALA_NODE_FLAGS");
  int count = 0;
  char *rest = flags == NULL ? NULL : strdup(flags);
  while (rest != NULL && count < FLAGS_MAX) {
    char *word = strsep(&rest, " ");
    if (*word != '\0') argv[1 + count++] = word;
  }
  return count;
}

int front_set_node(struct front_environment *environment, const char *program_dir)
{
  static char recorded[PATH_MAX];
  const char *path = front_environment_get(environment, "CALA_NODE");
  if (path == NULL || path[0] == '\0') path = node_recorded(program_dir, recorded) ? recorded : "";
  if (access(path, X_OK) < 0) return -ENOENT;
  return path == recorded ? front_environment_set(environment, "CALA_NODE", path) : 0;
}

int front_run_node(struct front_environment *environment, const char *program_dir, int argc, char **argv)
{
  char script[PATH_MAX], recorded[PATH_MAX];
  char **words = calloc((size_t)argc + FLAGS_MAX + 4, sizeof *words);
  if (words == NULL || snprintf(script, sizeof script, "%s/" SCRIPT_NAME, program_dir) >= (int)sizeof script) return FRONT_FAILED;
  int count = 1 + node_flags(environment, words);
  words[count++] = "--"; /* or Node 20 looks for its own --env-file among our arguments */
  words[count++] = script;
  for (int i = 1; i < argc; i++) words[count++] = argv[i];
  struct node_command command = {.environment = environment, .argv = words};
  const char *chosen = front_environment_get(environment, "CALA_NODE");
  if (chosen != NULL && chosen[0] != '\0') {
    node_try(&command, chosen);
    return node_complain("CALA_NODE cannot be executed: ", chosen);
  }
  if (node_recorded(program_dir, recorded)) node_try(&command, recorded);
  int too_old = 0;
  node_search(&command, &too_old);
  if (too_old == 0) return node_complain("Node.js was not found", "");
  char version[16];
  snprintf(version, sizeof version, "%d", too_old);
  return node_complain("the only Node.js that was found is version ", version);
}
