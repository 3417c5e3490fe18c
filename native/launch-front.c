/* The applet behind the name `cala`: runs the command line in Node, in the environment and as the user that it needs; a plain exec, and a run, a start or a pull that is known, at once. */
#define _GNU_SOURCE
#include "launch-front.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "applets.h"

extern char **environ;

int front_environment_copy(struct front_environment *environment, char **strings)
{
  size_t count = 0;
  while (strings[count] != NULL) count++;
  environment->capacity = count + 16;
  environment->count = count;
  environment->strings = calloc(environment->capacity + 1, sizeof *environment->strings);
  if (environment->strings == NULL) return -ENOMEM;
  memcpy(environment->strings, strings, count * sizeof *strings);
  return 0;
}

static size_t front_environment_find(const struct front_environment *environment, const char *name)
{
  size_t length = strlen(name), i = 0;
  for (; i < environment->count; i++) {
    if (strncmp(environment->strings[i], name, length) == 0 && environment->strings[i][length] == '=') break;
  }
  return i;
}

const char *front_environment_get(const struct front_environment *environment, const char *name)
{
  size_t index = front_environment_find(environment, name);
  return index == environment->count ? NULL : environment->strings[index] + strlen(name) + 1;
}

void front_environment_remove(struct front_environment *environment, const char *name)
{
  size_t index = front_environment_find(environment, name);
  if (index == environment->count) return;
  environment->strings[index] = environment->strings[--environment->count];
  environment->strings[environment->count] = NULL;
}

int front_environment_set(struct front_environment *environment, const char *name, const char *value)
{
  char *text;
  if (asprintf(&text, "%s=%s", name, value) < 0) return -ENOMEM;
  front_environment_remove(environment, name);
  if (environment->count == environment->capacity) return -ENOMEM; /* cannot happen: there is room for all that we set */
  environment->strings[environment->count++] = text;
  return 0;
}

int front_environment_rename(struct front_environment *environment, const char *from, const char *to)
{
  const char *value = front_environment_get(environment, from);
  if (value == NULL) return 0;
  int result = front_environment_set(environment, to, value);
  front_environment_remove(environment, from);
  return result;
}

bool front_has_standard_streams(void)
{
  for (int fd = 0; fd < 3; fd++)
    if (fcntl(fd, F_GETFD) < 0) return false;
  return true;
}

/* The directory of this very file, symbolic links resolved. 0 or -errno. */
static int front_program_dir(char out[PATH_MAX])
{
  ssize_t length = readlink("/proc/self/exe", out, PATH_MAX - 1);
  if (length < 0) return -errno;
  out[length] = '\0';
  char *slash = strrchr(out, '/');
  if (slash == NULL) return -ENOENT;
  *slash = '\0';
  return 0;
}

static int front_complain(const char *message)
{
  dprintf(2, "cala: %s\n", message);
  return FRONT_FAILED;
}

/* Node reads a bundle of certificates named by NODE_EXTRA_CA_CERTS at every start, which takes longer than most commands; the registry
 * client reads it when it needs it. NODE_OPTIONS are meant for other programs, and reject our code cache. */
static int front_tidy_environment(struct front_environment *environment)
{
  int result = front_environment_rename(environment, "NODE_EXTRA_CA_CERTS", "CALA_NODE_EXTRA_CA_CERTS");
  return result < 0 ? result : front_environment_rename(environment, "NODE_OPTIONS", "CALA_NODE_OPTIONS");
}

int applet_launch(int argc, char **argv)
{
  struct front_environment environment;
  char program_dir[PATH_MAX];
  if (front_program_dir(program_dir) < 0) return front_complain("/proc is not mounted: cala cannot find its own files");
  if (front_environment_copy(&environment, environ) < 0 || front_tidy_environment(&environment) < 0) return front_complain("out of memory");
  if (front_environment_set(&environment, "CALA_PROGRAM_DIR", program_dir) < 0) return front_complain("out of memory");
  if (geteuid() == 0 && front_environment_get(&environment, "CALA_ROOT_OK") == NULL && front_is_real_root()) {
    const char *why = NULL;
    if (front_become_account(&environment, argv, &why) < 0) return front_complain(why);
  }
  int exit_code = front_run_exec(&environment, program_dir, argv);
  if (exit_code == FRONT_NOT_TAKEN) exit_code = front_run_run(&environment, program_dir, argv);
  if (exit_code == FRONT_NOT_TAKEN) exit_code = front_run_start(&environment, program_dir, argv);
  if (exit_code == FRONT_NOT_TAKEN) exit_code = front_run_pull(&environment, program_dir, argv);
  if (exit_code == FRONT_NOT_TAKEN) exit_code = front_run_stop(&environment, argv);
  return exit_code == FRONT_NOT_TAKEN ? front_run_node(&environment, program_dir, argc, argv) : exit_code;
}
