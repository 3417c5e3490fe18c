/* `cala run` without Node, where Node has carried out the same words before, up to those of the command in the container, and nothing that it
 * looked at has changed since: it left a launch template. Whatever is not exactly so, or goes wrong before the container is there, is left to Node. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launch-begin.h"
#include "launch-key.h"

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
  bool made = launch_find_start(&template, &start) && front_set_node(environment, program_dir) == 0 && launch_fill(&template, environment, argv + 1, &fill) == 0;
  if (!made) {
    free(template.memory);
    return leave_to_node(environment, directory, &keys);
  }
  int exit_code = launch_begin(environment, &fill, &start, fill.id);
  if (exit_code == FRONT_NOT_TAKEN) launch_undo(&fill);
  return exit_code;
}
