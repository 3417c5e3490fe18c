/* `cala exec CONTAINER COMMAND` without Node: what is decided for it was decided at the container's launch. Whatever is not exactly this
 * (another option, a container that is not found or does not run, a damaged file) is left to Node, which has the words for it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "applets.h"
#include "attach.h"
#include "cleanup.h"
#include "exec-template.h"
#include "launch-front.h"

#define PLAN_FD 3
#define ID_LENGTH 64

extern char **environ;

struct exec_words {
  bool interactive;
  bool terminal;
  bool detach;
  const char *name;
  char **command;
};

static bool take_option(const char *word, struct exec_words *out) {
  if (strcmp(word, "--interactive") == 0) return out->interactive = true;
  if (strcmp(word, "--tty") == 0) return out->terminal = true;
  if (strcmp(word, "--detach") == 0) return out->detach = true;
  if (word[1] == '\0') return false;
  for (const char *letter = word + 1; *letter; letter++) {
    if (*letter == 'i') out->interactive = true;
    else if (*letter == 't') out->terminal = true;
    else if (*letter == 'd') out->detach = true;
    else return false;
  }
  return true;
}

/* True for `exec` or `container exec`, the three switches at most, a container and a command. */
static bool read_words(char **argv, struct exec_words *out) {
  *out = (struct exec_words){0};
  char **at = argv + 1;
  if (*at && strcmp(*at, "container") == 0) at++;
  if (!*at || strcmp(*at++, "exec") != 0) return false;
  for (; *at && **at == '-'; at++)
    if (!take_option(*at, out)) return false;
  if (!*at || !at[1]) return false;
  out->name = *at++;
  out->command = at;
  return true;
}

static bool is_written(int length, size_t size) {
  return length >= 0 && (size_t)length < size;
}

/* As core/dirs/dirs.ts. False for what it would make absolute. */
static bool data_directory(const struct front_environment *environment, char out[PATH_MAX]) {
  static const struct { const char *variable, *below; } places[] = {{"CALA_ROOT", "data"}, {"XDG_DATA_HOME", "cala"}, {"HOME", ".local/share/cala"}};
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    const char *base = front_environment_get(environment, places[i].variable);
    if (!base || !*base) continue;
    return *base == '/' && is_written(snprintf(out, PATH_MAX, "%s/%s", base, places[i].below), PATH_MAX);
  }
  return false;
}

static bool is_id(const char *text) {
  return strlen(text) == ID_LENGTH && strspn(text, "0123456789abcdef") == ID_LENGTH;
}

/* The id that a name stands for, or a whole id itself. Other names for a container are Node's business. */
static bool find_id(const char *data, const char *name, char id[PATH_MAX]) {
  char link[PATH_MAX];
  if (*name == '/') name++;
  if (!*name || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return false;
  if (!is_written(snprintf(link, sizeof link, "%s/names/%s", data, name), sizeof link)) return false;
  ssize_t length = readlink(link, id, PATH_MAX - 1);
  if (length < 0 && errno != ENOENT) return false;
  if (length < 0) snprintf(id, PATH_MAX, "%s", name);
  else id[length] = '\0';
  return is_id(id);
}

bool front_find_container(const struct front_environment *environment, const char *name, char path[PATH_MAX]) {
  char data[PATH_MAX], id[PATH_MAX];
  return data_directory(environment, data) && find_id(data, name, id) && is_written(snprintf(path, PATH_MAX, "%s/containers/%s", data, id), PATH_MAX);
}

/* Puts the plan where the applet expects it. */
static bool offer_plan(const unsigned char *plan, uint32_t bytes) {
  int fd = (int)syscall(SYS_memfd_create, "cala-exec-plan", 0);
  if (fd < 0 || write(fd, plan, bytes) != (ssize_t)bytes) return false;
  if (fd == PLAN_FD) return true;
  bool is_there = dup2(fd, PLAN_FD) == PLAN_FD;
  close(fd);
  return is_there;
}

static bool prepare_environment(struct front_environment *environment, const struct exec_words *words) {
  front_environment_remove(environment, "CALA_EXEC_ORIGIN");
  return front_environment_set(environment, "CALA_EXEC_TEMPLATE", words->terminal ? "terminal" : "plain") == 0 &&
    front_environment_set(environment, "CALA_EXEC_PROGRAM", words->command[0]) == 0;
}

/* Fills in the plan of the container in the directory `path`. */
static bool complete_plan(const char *path, const struct exec_words *words, unsigned char **plan, uint32_t *bytes) {
  struct state state;
  AUTO_CLOSE int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0 || faccessat(dir, "record.json", R_OK, AT_EACCESS) < 0 || state_read_running(dir, &state) < 0) return false;
  struct exec_values values = {.state = &state, .terminal = words->terminal, .command = words->command};
  if (words->terminal) (void)terminal_size(&values.rows, &values.columns);
  return exec_template_complete(dir, &values, plan, bytes) == 0;
}

int front_run_exec(struct front_environment *environment, const char *program_dir, char **argv) {
  struct exec_words words;
  const char *refused = front_environment_get(environment, "CALA_NO_SHORTCUT");
  static char path[PATH_MAX];
  AUTO_FREE unsigned char *plan = NULL;
  uint32_t bytes;
  if ((refused && *refused) || !read_words(argv, &words) || !front_has_standard_streams()) return FRONT_NOT_TAKEN;
  if (!front_find_container(environment, words.name, path) || !complete_plan(path, &words, &plan, &bytes)) return FRONT_NOT_TAKEN;
  /* Node is still needed to explain a failure. */
  if (front_set_node(environment, program_dir) < 0 || !prepare_environment(environment, &words) || !offer_plan(plan, bytes)) return FRONT_NOT_TAKEN;
  environ = environment->strings;
  signal(SIGCHLD, SIG_DFL); /* a caller that ignores it would have us miss the exit code; Node resets it, too */
  char *arguments[8] = {"cala-native", "exec", path};
  int count = 3;
  if (words.detach) arguments[count++] = "--detach";
  if (!words.interactive) arguments[count++] = "--no-stdin";
  return applet_exec(count - 1, arguments + 1);
}
