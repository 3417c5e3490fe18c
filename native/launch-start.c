/* The first `cala start CONTAINER` without Node: `create` has prepared it and left a template in the container's directory, and nothing that it
 * looked at has changed since. Whatever is not exactly so is left to Node. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "cleanup.h"
#include "launch-begin.h"
#include "launch-key.h"

#define TEMPLATE_NAME "start-template"
#define STATE_NAME "state"

/* The words after `cala VERB` and `cala container VERB`, or NULL. */
static char **words_of(char **argv, const char *verb) {
  char **at = argv + 1;
  if (*at && strcmp(*at, "container") == 0) at++;
  return *at && strcmp(*at, verb) == 0 ? at + 1 : NULL;
}

/* Tells Node under what a start would find everything as it is now. */
static int offer_template(struct front_environment *environment, const char *program_dir) {
  static char path[PATH_MAX + SHA256_HEX_BYTES];
  char directory[PATH_MAX], key[SHA256_HEX_BYTES];
  if (!front_templates_directory(environment, directory) || !launch_facts_key(environment, program_dir, key)) return FRONT_NOT_TAKEN;
  snprintf(path, sizeof path, "%s%s", directory, key);
  front_environment_set(environment, "CALA_LAUNCH_TEMPLATE", path);
  return FRONT_NOT_TAKEN;
}

static bool has_key(const struct launch_template *template, const char *key) {
  struct template_record record;
  for (size_t at = 0; template_next(template, &at, &record);)
    if (record.type == DO_FACTS) return strcmp((const char *)record.payload, key) == 0;
  return false;
}

/* The container's lock, as core/container/lock.ts takes it; or -errno, without waiting. */
static int lock_container(int dir) {
  AUTO_CLOSE int fd = openat(dir, "lock", O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0) return -errno;
  int held = fd;
  fd = -1;
  return held;
}

/* Under the lock: whether it was never started, and everything is as `create` left it. */
static bool may_begin(int dir, const struct launch_template *template, const struct front_environment *environment) {
  return faccessat(dir, STATE_NAME, F_OK, 0) < 0 && errno == ENOENT && template_holds(template, environment);
}

static int begin(struct front_environment *environment, const char *program_dir, const char *name, struct launch_fill *fill) {
  char path[PATH_MAX + sizeof TEMPLATE_NAME], key[SHA256_HEX_BYTES];
  struct launch_template template;
  struct start_record start;
  AUTO_CLOSE int dir = open(fill->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  snprintf(path, sizeof path, "%s/%s", fill->path, TEMPLATE_NAME);
  if (dir < 0 || template_read(path, &template) < 0) return FRONT_NOT_TAKEN;
  AUTO_FREE unsigned char *memory = template.memory;
  if (!launch_places(&template, fill) || !launch_find_start(&template, &start) || !launch_facts_key(environment, program_dir, key) || !has_key(&template, key)) return FRONT_NOT_TAKEN;
  AUTO_CLOSE int lock = fill->lock = lock_container(dir);
  /* Node is still needed to explain a failure. */
  if (lock < 0 || !may_begin(dir, &template, environment) || front_set_node(environment, program_dir) < 0) return FRONT_NOT_TAKEN;
  unlinkat(dir, TEMPLATE_NAME, 0); /* it serves one start */
  int exit_code = launch_begin(environment, fill, &start, name);
  if (exit_code != FRONT_NOT_TAKEN) lock = -1; /* the client has closed it */
  return exit_code;
}

int front_run_start(struct front_environment *environment, const char *program_dir, char **argv) {
  static struct launch_fill fill;
  const char *refused = front_environment_get(environment, "CALA_NO_SHORTCUT");
  char **words = words_of(argv, "start");
  if ((refused && *refused) || !front_has_standard_streams()) return FRONT_NOT_TAKEN;
  if (words_of(argv, "create")) return offer_template(environment, program_dir);
  /* Sockets that a service manager hands over are Node's business. */
  if (!words || !words[0] || words[0][0] == '-' || words[1] || front_environment_get(environment, "LISTEN_FDS")) return FRONT_NOT_TAKEN;
  return front_find_container(environment, words[0], fill.path) ? begin(environment, program_dir, words[0], &fill) : FRONT_NOT_TAKEN;
}
