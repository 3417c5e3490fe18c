/* See secrets.h. In memory: for each secret its length as u32, then its bytes. */
#define _GNU_SOURCE
#include "secrets.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "launch.h"
#include "layer-base.h"
#include "state.h"

#define MEMORY_NAME "cala-secrets"
#define ADD_SEALS 1033
#define ALL_SEALS 0x000f /* seal, shrink, grow, write */
#define MEMORY_CLOEXEC 1u
#define MEMORY_SEALABLE 2u
/* The store takes no more than half a megabyte. */
#define MOST_BYTES (1u << 20)

/* Appends one secret. */
static int gather_one(int memory, const char *path) {
  AUTO_CLOSE int file = open(path, O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (file < 0 || fstat(file, &status) < 0) return -errno;
  if (status.st_size < 0 || status.st_size > (off_t)MOST_BYTES) return -EFBIG;
  uint32_t length = (uint32_t)status.st_size;
  AUTO_FREE char *bytes = malloc((size_t)length + 1);
  if (!bytes) return -ENOMEM;
  if (read(file, bytes, length) != (ssize_t)length) return -EIO;
  int result = layer_write_all(memory, (const unsigned char *)&length, sizeof length);
  if (result == 0) result = layer_write_all(memory, (const unsigned char *)bytes, length);
  explicit_bzero(bytes, length);
  return result;
}

int secrets_gather(const struct plan *plan, int *out, struct report *report) {
  uint32_t index = plan_find(plan, PLAN_SECTION_SETTINGS, OP_SECRET_SOURCE, 0);
  *out = -1;
  if (index == UINT32_MAX) return 0;
  AUTO_CLOSE int memory = (int)syscall(SYS_memfd_create, MEMORY_NAME, MEMORY_CLOEXEC | MEMORY_SEALABLE);
  if (memory < 0) return report_fill(report, REPORT_HOST, index, errno, "no memory for secrets");
  for (; index != UINT32_MAX; index = plan_find(plan, PLAN_SECTION_SETTINGS, OP_SECRET_SOURCE, index + 1)) {
    struct plan_op op = plan_op_at(plan, index);
    struct op_secret_source source;
    op_secret_source_read(&op, &source);
    int result = gather_one(memory, source.path);
    if (result < 0) return report_fill(report, REPORT_HOST, index, -result, NULL);
  }
  if (fcntl(memory, ADD_SEALS, ALL_SEALS) < 0) return report_fill(report, REPORT_HOST, 0, errno, "sealing the memory of secrets");
  *out = take_fd(&memory);
  return 0;
}

/* Another process's memory has no name in any directory, but its descriptors have. */
static int find_memory(int directory) {
  int copy = dup(directory);
  AUTO_CLOSEDIR DIR *entries = copy < 0 ? NULL : fdopendir(copy);
  struct dirent *entry;
  if (!entries) return -errno;
  while ((entry = readdir(entries))) {
    char target[64];
    ssize_t length = readlinkat(directory, entry->d_name, target, sizeof target - 1);
    if (length <= 0) continue;
    target[length] = 0;
    if (strcmp(target, "/memfd:" MEMORY_NAME " (deleted)") != 0) continue;
    int memory = openat(directory, entry->d_name, O_RDONLY | O_CLOEXEC);
    return memory < 0 ? -errno : memory;
  }
  return -ENOENT;
}

int secrets_of_monitor(int container_dir) {
  struct state state;
  char path[32];
  int result = state_read_running(container_dir, &state);
  if (result < 0) return result;
  snprintf(path, sizeof path, "/proc/%d/fd", (int)state.monitor_pid);
  AUTO_CLOSE int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return directory < 0 ? -errno : find_memory(directory);
}

int secrets_take(int memory, uint32_t index, char **out, size_t *length) {
  off_t at = 0;
  for (uint32_t each = 0;; each++) {
    uint32_t bytes;
    if (pread(memory, &bytes, sizeof bytes, at) != (ssize_t)sizeof bytes || bytes > MOST_BYTES) return -EINVAL;
    at += (off_t)sizeof bytes;
    if (each < index) at += bytes;
    if (each < index) continue;
    AUTO_FREE char *copy = malloc((size_t)bytes + 1);
    if (!copy) return -ENOMEM;
    if (pread(memory, copy, bytes, at) != (ssize_t)bytes) return -EINVAL;
    copy[bytes] = 0;
    *out = copy;
    *length = bytes;
    copy = NULL;
    return 0;
  }
}

int run_secret_variable(struct launch *launch, const struct plan_op *op) {
  struct op_secret_variable args;
  AUTO_FREE char *value = NULL;
  size_t length = 0;
  op_secret_variable_read(op, &args);
  int result = secrets_take(launch->secrets, args.index, &value, &length);
  if (result < 0) return result;
  if (memchr(value, 0, length)) {
    launch_explain(launch, "a variable cannot have a byte 0, as this secret has", args.name);
    return -EINVAL;
  }
  char **more = reallocarray(launch->secret_variables, launch->secret_count + 1, sizeof *more);
  if (!more) return -ENOMEM;
  launch->secret_variables = more;
  if (asprintf(&more[launch->secret_count], "%s=%s", args.name, value) < 0) return -ENOMEM;
  launch->secret_count++;
  return 0;
}

static bool same_name(const char *one, const char *other) {
  size_t length = strcspn(one, "=");
  return strncmp(one, other, length) == 0 && other[length] == '=';
}

/* Whether one of the secrets from `from` on gives a variable of this name. */
static bool is_given(const struct launch *launch, uint32_t from, const char *variable) {
  for (uint32_t i = from; i < launch->secret_count; i++)
    if (same_name(launch->secret_variables[i], variable)) return true;
  return false;
}

char **secrets_environment(const struct launch *launch, char **variables) {
  size_t count = 0, used = 0;
  while (variables[count]) count++;
  char **all = calloc(count + launch->secret_count + 2, sizeof *all);
  for (size_t i = 0; all && i < count; i++)
    if (!is_given(launch, 0, variables[i])) all[used++] = variables[i];
  for (uint32_t i = 0; all && i < launch->secret_count; i++)
    if (!is_given(launch, i + 1, launch->secret_variables[i])) all[used++] = launch->secret_variables[i];
  return all;
}
