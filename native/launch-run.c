/* `cala run` without Node, where Node has carried out the same words before, up to those of the command in the container, and nothing that it
 * looked at has changed since: it left a launch template. Whatever is not exactly so, or goes wrong before the container is there, is left to Node. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "applets.h"
#include "attach.h"
#include "cleanup.h"
#include "launch-fill.h"
#include "launch-key.h"

#define MONITOR_FD 3
#define ATTACH_WORDS_MAX 32

extern char **environ;

struct start_record {
  uint32_t flags;
  uint32_t streams;
  const char *words; /* one behind the other */
  const char *end;
};

/* True for `run` and `container run`. */
static bool is_run(char *const *argv) {
  if (argv[1] && strcmp(argv[1], "container") == 0) argv++;
  return argv[1] && strcmp(argv[1], "run") == 0;
}

bool front_templates_directory(const struct front_environment *environment, char out[PATH_MAX]) {
  static const struct { const char *variable, *below; } places[] = {{"CALA_ROOT", "cache"}, {"XDG_CACHE_HOME", "cala"}, {"HOME", ".cache/cala"}};
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    const char *base = front_environment_get(environment, places[i].variable);
    if (!base || !*base) continue;
    int length = snprintf(out, PATH_MAX, "%s/%s/launch/", base, places[i].below);
    return *base == '/' && length > 0 && length < PATH_MAX - SHA256_HEX_BYTES;
  }
  return false;
}

static bool find_start(const struct launch_template *template, struct start_record *out) {
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
static int follow(const struct launch_fill *fill, const struct start_record *start, int control) {
  char fd[12], lock[12];
  char *argv[ATTACH_WORDS_MAX + 1] = {"cala-native", "attach", (char *)fill->path, "--fd", fd, "--lock-fd", lock};
  int count = 7;
  snprintf(fd, sizeof fd, "%d", control);
  snprintf(lock, sizeof lock, "%d", fill->lock);
  for (const char *word = start->words; word < start->end && count < ATTACH_WORDS_MAX; word += strlen(word) + 1) argv[count++] = (char *)word;
  bool detached = start->flags & START_DETACHED;
  if (detached) argv[count++] = "--started-only";
  int code = applet_attach(count - 1, argv + 1);
  if (detached && code == 0) dprintf(1, "%s\n", fill->id);
  return code;
}

/* Node is told where the template belongs that it could leave: one for just these words, or one for all commands after the first words. */
static int leave_to_node(struct front_environment *environment, const char *directory, const struct launch_keys *keys) {
  static char open[OPEN_WORDS_MAX * SHA256_HEX_BYTES + 1];
  static char path[PATH_MAX + SHA256_HEX_BYTES];
  size_t at = 0;
  for (size_t i = 0; i < keys->count; i++) at += (size_t)snprintf(open + at, sizeof open - at, "%s%s", i ? "," : "", keys->open[i]);
  snprintf(path, sizeof path, "%s%s", directory, keys->exact);
  front_environment_set(environment, "CALA_LAUNCH_TEMPLATE", path);
  front_environment_set(environment, "CALA_LAUNCH_OPEN", open);
  return FRONT_NOT_TAKEN;
}

/* The template for these very words, else the one that leaves the last of them open. False where there is none. */
static bool find_template(const char *directory, const struct launch_keys *keys, struct launch_template *out) {
  char path[PATH_MAX];
  for (size_t i = 0; i <= keys->count; i++) {
    if (snprintf(path, sizeof path, "%s%s", directory, i == 0 ? keys->exact : keys->open[i - 1]) >= (int)sizeof path) return false;
    if (template_read(path, out) == 0) return true;
  }
  return false;
}

int front_run_run(struct front_environment *environment, const char *program_dir, char **argv) {
  static char directory[PATH_MAX];
  static struct launch_fill fill;
  static struct launch_keys keys;
  struct launch_template template;
  struct start_record start;
  const char *refused = front_environment_get(environment, "CALA_NO_SHORTCUT");
  front_environment_remove(environment, "CALA_LAUNCH_TEMPLATE");
  front_environment_remove(environment, "CALA_LAUNCH_OPEN");
  if ((refused && *refused) || !is_run(argv) || !front_has_standard_streams()) return FRONT_NOT_TAKEN;
  if (!front_templates_directory(environment, directory) || !launch_key(environment, program_dir, argv + 1, &keys)) return FRONT_NOT_TAKEN;
  if (!find_template(directory, &keys, &template)) return leave_to_node(environment, directory, &keys);
  /* Node is still needed to explain a failure. */
  bool made = find_start(&template, &start) && front_set_node(environment, program_dir) == 0 && launch_fill(&template, environment, argv + 1, &fill) == 0;
  if (!made) {
    free(template.memory);
    return leave_to_node(environment, directory, &keys);
  }
  environ = environment->strings;
  behave_like_node();
  int control = start_monitor(&fill, &start);
  if (control < 0) {
    launch_undo(&fill);
    return FRONT_NOT_TAKEN;
  }
  return follow(&fill, &start, control);
}
