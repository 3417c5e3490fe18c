/* See exec-template.h. Only three things are open in a template: who is joined, the size of the terminal, and the words of the command. */
#define _GNU_SOURCE
#include "exec-template.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "plan-ops.h"
#include "plan-rebuild.h"

#define BYTES_OFFSET 12u /* of the plan's size in its header */

static uint32_t get_u32(const unsigned char *memory) {
  uint32_t value;
  memcpy(&value, memory, sizeof value);
  return value;
}

static void put_u32(unsigned char *memory, uint32_t value) {
  memcpy(memory, &value, sizeof value);
}

static int read_file(int dir_fd, const char *name, unsigned char **out, size_t *bytes) {
  AUTO_CLOSE int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  struct stat status;
  if (fd < 0 || fstat(fd, &status) < 0) return -errno;
  if (status.st_size < (off_t)PLAN_HEADER_BYTES || status.st_size > 3 * (off_t)PLAN_MAX_BYTES) return -EINVAL;
  AUTO_FREE unsigned char *memory = malloc((size_t)status.st_size);
  if (!memory) return -ENOMEM;
  /* Such a file is written once and never changed: whatever comes short of it is damaged. */
  if (read(fd, memory, (size_t)status.st_size) != (ssize_t)status.st_size) return -EINVAL;
  *bytes = (size_t)status.st_size;
  *out = memory;
  memory = NULL;
  return 0;
}

/* The bytes of one of the two plans that the file begins with; 0 where it is cut off. */
static uint32_t plan_at(const unsigned char *file, size_t bytes, size_t offset) {
  if (offset > bytes || bytes - offset < PLAN_HEADER_BYTES) return 0;
  uint32_t size = get_u32(file + offset + BYTES_OFFSET);
  return size < PLAN_HEADER_BYTES || size > bytes - offset ? 0 : size;
}

/* The first join leads to the monitor's user namespace, the others into the container. */
static int fill_joins(struct plan *plan, const struct state *state) {
  uint32_t index = 0;
  for (int count = 0; (index = plan_find(plan, PLAN_SECTION_SETTINGS, OP_JOIN, index)) != UINT32_MAX; count++, index++) {
    struct plan_op op = plan_op_at(plan, index);
    struct op_join join;
    op_join_read(&op, &join);
    if (join.pid != 0 || join.start != 0 || *join.path) return -EINVAL;
    uint64_t start = count == 0 ? state->monitor_start : state->pid_start;
    unsigned char *arguments = plan->memory + (op.arguments - plan->memory);
    put_u32(arguments + 4, (uint32_t)(count == 0 ? state->monitor_pid : state->pid));
    memcpy(arguments + 8, &start, sizeof start);
  }
  return 0;
}

static int fill_terminal(struct plan *plan, const struct exec_values *values) {
  uint32_t index = plan_find(plan, PLAN_SECTION_SETUP, OP_TERMINAL, 0);
  if ((index != UINT32_MAX) != values->terminal) return -EINVAL;
  if (!values->terminal || !values->rows || !values->columns) return 0;
  unsigned char *arguments = plan->memory + (plan_op_at(plan, index).arguments - plan->memory);
  put_u32(arguments, values->rows);
  put_u32(arguments + 4, values->columns);
  return 0;
}

int exec_template_complete(int dir_fd, const struct exec_values *values, unsigned char **out, uint32_t *bytes) {
  AUTO_FREE unsigned char *file = NULL;
  size_t file_bytes = 0;
  int result = read_file(dir_fd, "exec-plan", &file, &file_bytes);
  if (result < 0) return result;
  uint32_t size = plan_at(file, file_bytes, 0);
  uint32_t offset = values->terminal ? size : 0;
  if (size != 0 && values->terminal) size = plan_at(file, file_bytes, offset);
  if (size == 0 || size > PLAN_MAX_BYTES) return -EINVAL;
  AUTO_FREE unsigned char *memory = malloc(size);
  if (!memory) return -ENOMEM;
  memcpy(memory, file + offset, size);
  struct plan plan;
  uint32_t fault;
  const char *why;
  if (plan_check(&plan, memory, size, &fault, &why) < 0 || plan.kind != PLAN_KIND_EXEC) return -EINVAL;
  result = fill_joins(&plan, values->state);
  if (result == 0) result = fill_terminal(&plan, values);
  struct plan_change change = {.words = values->command};
  return result < 0 ? result : plan_rebuild(&plan, &change, out, bytes);
}

int exec_template_load(int dir_fd, const char *name, const struct state *state, struct plan **out) {
  AUTO_FREE unsigned char *memory = NULL;
  AUTO_FREE struct plan *plan = malloc(sizeof *plan);
  size_t bytes = 0;
  uint32_t fault;
  const char *why;
  int result = read_file(dir_fd, name, &memory, &bytes);
  if (result < 0) return result;
  if (plan == NULL) return -ENOMEM;
  if (bytes > PLAN_MAX_BYTES || plan_check(plan, memory, (uint32_t)bytes, &fault, &why) < 0 || plan->kind != PLAN_KIND_EXEC) return -EINVAL;
  result = fill_joins(plan, state);
  if (result < 0) return result;
  memory = NULL;
  *out = plan;
  plan = NULL;
  return 0;
}
