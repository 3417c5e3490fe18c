/* The name of a launch template: one hash of the words of the command line and of everything about this process, its program and its host that
 * no file tells, or that is cheaper to compare than to note. Whatever is in the hash needs no guard. */
#define _GNU_SOURCE
#include "launch-key.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cleanup.h"
#include "sha256.h"

#define TEMPLATE_VERSION "4"
#define GROUPS_MAX 1024
#define VARIABLES_MAX 256
#define LIMITS 16
#define NAME_OPTION "--name"

/* Variables that Node, or what is loaded with it, reads before anybody can note it; names that end with _ are beginnings. */
static const char *const basic_variables[] = {
  "CALA_", "CONTAINERS_", "REGISTRY_", "DOCKER_", "LC_", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR",
  "HOME", "PATH", "TMPDIR", "TZ", "LANG", "USER", "LOGNAME",
};

static void add(struct sha256 *hash, const void *bytes, size_t length) {
  uint64_t size = length;
  sha256_add(hash, &size, sizeof size);
  sha256_add(hash, bytes, length);
}

static void add_text(struct sha256 *hash, const char *text) { add(hash, text, strlen(text)); }

static void add_number(struct sha256 *hash, uint64_t number) { add(hash, &number, sizeof number); }

static bool add_file(struct sha256 *hash, const char *path) {
  char text[4096];
  AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text);
  if (length < 0 || length == (ssize_t)sizeof text) return false;
  add(hash, text, (size_t)length);
  return true;
}

static bool add_identity(struct sha256 *hash, const char *path) {
  struct stat status;
  if (stat(path, &status) < 0) return false;
  add_number(hash, status.st_dev);
  add_number(hash, status.st_ino);
  add_number(hash, (uint64_t)status.st_size);
  add_number(hash, (uint64_t)status.st_mtim.tv_sec);
  add_number(hash, (uint64_t)status.st_mtim.tv_nsec);
  return true;
}

static bool is_basic(const char *variable) {
  for (size_t i = 0; i < sizeof basic_variables / sizeof *basic_variables; i++) {
    size_t length = strlen(basic_variables[i]);
    if (strncmp(variable, basic_variables[i], length) == 0 && (variable[length] == '=' || basic_variables[i][length - 1] == '_')) return true;
  }
  return false;
}

static int compare_text(const void *left, const void *right) { return strcmp(*(char *const *)left, *(char *const *)right); }

static bool add_variables(struct sha256 *hash, const struct front_environment *environment) {
  const char *found[VARIABLES_MAX];
  size_t count = 0;
  for (size_t i = 0; i < environment->count; i++) {
    /* Which Node would run is no business of a launch without it. */
    if (!is_basic(environment->strings[i]) || strncmp(environment->strings[i], "CALA_NODE=", 10) == 0) continue;
    if (count == VARIABLES_MAX) return false;
    found[count++] = environment->strings[i];
  }
  qsort(found, count, sizeof *found, compare_text);
  add_number(hash, count);
  for (size_t i = 0; i < count; i++) add_text(hash, found[i]);
  return true;
}

static bool add_user(struct sha256 *hash) {
  gid_t groups[GROUPS_MAX];
  int count = getgroups(GROUPS_MAX, groups);
  if (count < 0) return false;
  add(hash, groups, (size_t)count * sizeof *groups);
  uint32_t ids[4] = {getuid(), geteuid(), getgid(), getegid()};
  add(hash, ids, sizeof ids);
  mode_t mask = umask(0);
  umask(mask);
  add_number(hash, mask);
  add_number(hash, (uint64_t)prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  return true;
}

static bool add_limits(struct sha256 *hash) {
  for (int resource = 0; resource < LIMITS; resource++) {
    struct rlimit limit;
    if (getrlimit(resource, &limit) < 0) return false;
    /* Node raises the soft limit of descriptors, and so does a launch without it. */
    add_number(hash, resource == RLIMIT_NOFILE ? limit.rlim_max : limit.rlim_cur);
    add_number(hash, limit.rlim_max);
  }
  return true;
}

static bool add_host(struct sha256 *hash) {
  struct utsname name;
  if (uname(&name) < 0) return false;
  add_text(hash, name.nodename);
  add_text(hash, name.release);
  add_text(hash, name.machine);
  return add_file(hash, "/proc/sys/kernel/random/boot_id") && add_file(hash, "/proc/self/uid_map") && add_file(hash, "/proc/self/gid_map");
}

/* What a word counts for where the container's name is open. */
static void add_open_word(struct sha256 *hash, const char *before, const char *word) {
  size_t option = strlen(NAME_OPTION);
  if (before && strcmp(before, NAME_OPTION) == 0) add_number(hash, 1);
  else if (strncmp(word, NAME_OPTION "=", option + 1) == 0) add_text(hash, NAME_OPTION "=");
  else add_text(hash, word);
}

const char *launch_name_of(char *const *words, size_t count) {
  size_t option = strlen(NAME_OPTION);
  for (size_t i = 0; i < count; i++) {
    if (strcmp(words[i], NAME_OPTION) == 0) return i + 1 < count ? words[i + 1] : NULL;
    if (strncmp(words[i], NAME_OPTION "=", option + 1) == 0) return words[i] + option + 1;
  }
  return NULL;
}

/* The names of the templates whose command is open, for each length of what comes before it. */
static void add_open_names(const struct sha256 *facts, char *const *words, struct launch_keys *out) {
  struct sha256 hash = *facts;
  add_number(&hash, 2);
  for (size_t i = 0; i < out->count; i++) {
    struct sha256 end = hash;
    sha256_end(&end, out->open[i]);
    add_open_word(&hash, i == 0 ? NULL : words[i - 1], words[i]);
  }
}

/* All but the words. */
static bool add_facts(struct sha256 *hash, const struct front_environment *environment, const char *program_dir) {
  char script[PATH_MAX];
  if (snprintf(script, sizeof script, "%s/cala-main.js", program_dir) >= (int)sizeof script) return false;
  sha256_begin(hash);
  add_text(hash, TEMPLATE_VERSION);
  if (!add_variables(hash, environment) || !add_user(hash) || !add_limits(hash) || !add_host(hash)) return false;
  return add_identity(hash, "/proc/self/exe") && add_identity(hash, script);
}

bool launch_facts_key(const struct front_environment *environment, const char *program_dir, char out[SHA256_HEX_BYTES]) {
  struct sha256 facts;
  if (!add_facts(&facts, environment, program_dir)) return false;
  sha256_end(&facts, out);
  return true;
}

bool launch_key(const struct front_environment *environment, const char *program_dir, char *const *words, struct launch_keys *out) {
  struct sha256 facts;
  if (!add_facts(&facts, environment, program_dir)) return false;
  for (int fd = 0; fd < 3; fd++) add_number(&facts, (uint64_t)isatty(fd));
  struct sha256 exact = facts;
  add_number(&exact, 1);
  for (out->count = 0; words[out->count]; out->count++) add_text(&exact, words[out->count]);
  sha256_end(&exact, out->exact);
  if (out->count > OPEN_WORDS_MAX) out->count = 0;
  add_open_names(&facts, words, out);
  return true;
}
