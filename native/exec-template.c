/* See exec-template.h. Only three things are open in a template: who is joined, the size of the terminal, and the words of the command,
 * whose op is the last one, so that they are put in before its flags, at the end. */
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

#define BYTES_OFFSET 12u /* of the plan's size in its header */
#define RECORD_LENGTH_OFFSET 8u
#define OPEN_EXEC_BYTES 8u /* an empty list, and flags */

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

static size_t words_bytes(char **words) {
  size_t total = 0;
  for (; *words; words++) total += 4 + ((strlen(*words) + 4) & ~(size_t)3);
  return total;
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

/* Appends the words to the plan; its memory has room for them. */
static int fill_command(struct plan *plan, char **words) {
  uint32_t index = plan->op_count - 1;
  struct plan_op op = plan_op_at(plan, index);
  bool is_open = op.code == OP_EXEC && op.argument_bytes == OPEN_EXEC_BYTES && op.arguments + OPEN_EXEC_BYTES == plan->memory + plan->bytes;
  if (!is_open || get_u32(op.arguments) != 0) return -EINVAL;
  unsigned char *count = plan->memory + (op.arguments - plan->memory), *at = count + 4;
  uint32_t flags = get_u32(at), words_count = 0;
  for (; *words; words++, words_count++) {
    size_t length = strlen(*words), padded = (length + 4) & ~(size_t)3;
    put_u32(at, (uint32_t)length);
    memset(at + 4, 0, padded);
    memcpy(at + 4, *words, length);
    at += 4 + padded;
  }
  put_u32(count, words_count);
  put_u32(at, flags);
  plan->bytes = (uint32_t)(at + 4 - plan->memory);
  put_u32(plan->memory + BYTES_OFFSET, plan->bytes);
  put_u32(plan->memory + plan->ops_offset + index * PLAN_OP_BYTES + RECORD_LENGTH_OFFSET, (uint32_t)(at + 4 - count));
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
  size_t added = words_bytes(values->command);
  if (size == 0 || size > PLAN_MAX_BYTES || added > PLAN_MAX_BYTES - size) return -EINVAL;
  AUTO_FREE unsigned char *memory = malloc(size + added);
  if (!memory) return -ENOMEM;
  memcpy(memory, file + offset, size);
  struct plan plan;
  uint32_t fault;
  const char *why;
  if (plan_check(&plan, memory, size, &fault, &why) < 0 || plan.kind != PLAN_KIND_EXEC) return -EINVAL;
  result = fill_joins(&plan, values->state);
  if (result == 0) result = fill_terminal(&plan, values);
  if (result == 0) result = fill_command(&plan, values->command);
  if (result < 0) return result;
  *bytes = plan.bytes;
  *out = memory;
  memory = NULL;
  return 0;
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
