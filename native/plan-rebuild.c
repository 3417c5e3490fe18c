/* See plan-rebuild.h. The arguments of all ops are laid down anew, one op behind the other. */
#define _GNU_SOURCE
#include "plan-rebuild.h"

#include <errno.h>
#include <stdlib.h>

#include "plan-ops.h"

#define BYTES_OFFSET 12u /* of the plan's size in its header */
#define RECORD_START_OFFSET 4u
#define RECORD_LENGTH_OFFSET 8u

static void put_u32(unsigned char *memory, uint32_t value) { memcpy(memory, &value, sizeof value); }

static size_t string_bytes(size_t length) { return 4 + ((length + 4) & ~(size_t)3); }

static unsigned char *put_string(unsigned char *at, const char *text, size_t length) {
  size_t bytes = string_bytes(length);
  put_u32(at, (uint32_t)length);
  memset(at + bytes - 4, 0, 4);
  memcpy(at + 4, text, length);
  return at + bytes;
}

static size_t added_bytes(const struct plan_change *change) {
  size_t total = change->name ? strlen(change->name) + 4 : 0;
  for (char *const *word = change->words; word && *word; word++) total += string_bytes(strlen(*word));
  return total;
}

static unsigned char *put_events(unsigned char *at, const struct plan_op *op, const struct plan_change *change) {
  struct op_events events;
  op_events_read(op, &events);
  const char *place = strstr(events.subject, change->name_before);
  if (!place) return NULL;
  at = put_string(at, events.file, strlen(events.file));
  memcpy(at, &events.max_bytes, sizeof events.max_bytes);
  at += sizeof events.max_bytes;
  size_t first = (size_t)(place - events.subject), old = strlen(change->name_before), name = strlen(change->name), rest = strlen(place) - old;
  size_t length = first + name + rest;
  unsigned char *end = at + string_bytes(length);
  put_u32(at, (uint32_t)length);
  memset(end - 4, 0, 4);
  memcpy(at + 4, events.subject, first);
  memcpy(at + 4 + first, change->name, name);
  memcpy(at + 4 + first + name, place + old, rest);
  return end;
}

static unsigned char *put_command(unsigned char *at, const struct plan_op *op, const struct plan_change *change) {
  struct op_exec exec;
  op_exec_read(op, &exec);
  if (exec.arguments.count < change->kept) return NULL;
  unsigned char *count = at;
  uint32_t arguments = change->kept;
  const unsigned char *cursor = exec.arguments.first;
  for (uint32_t i = 0; i < change->kept; i++) plan_take_string(&cursor);
  size_t kept = (size_t)(cursor - exec.arguments.first);
  memcpy(at + 4, exec.arguments.first, kept);
  at += 4 + kept;
  for (char *const *word = change->words; *word; word++, arguments++) at = put_string(at, *word, strlen(*word));
  put_u32(count, arguments);
  put_u32(at, exec.flags);
  return at + 4;
}

/* Where the next op's arguments begin; NULL where a change does not fit. */
static unsigned char *put_op(unsigned char *at, const struct plan_op *op, const struct plan_change *change) {
  if (op->code == OP_EVENTS && change->name_before) return put_events(at, op, change);
  if (op->code == OP_EXEC && change->words) return put_command(at, op, change);
  memcpy(at, op->arguments, op->argument_bytes);
  return at + op->argument_bytes;
}

int plan_rebuild(const struct plan *plan, const struct plan_change *change, unsigned char **out, uint32_t *bytes) {
  size_t capacity = plan->arguments_offset + added_bytes(change);
  for (uint32_t index = 0; index < plan->op_count; index++) capacity += plan_op_at(plan, index).argument_bytes;
  if (capacity > 2 * (size_t)PLAN_MAX_BYTES) return -E2BIG;
  unsigned char *memory = malloc(capacity);
  if (!memory) return -ENOMEM;
  memcpy(memory, plan->memory, plan->arguments_offset);
  unsigned char *area = memory + plan->arguments_offset, *at = area;
  for (uint32_t index = 0; index < plan->op_count; index++) {
    struct plan_op op = plan_op_at(plan, index);
    unsigned char *record = memory + plan->ops_offset + index * PLAN_OP_BYTES, *end = put_op(at, &op, change);
    if (!end) {
      free(memory);
      return -EINVAL;
    }
    put_u32(record + RECORD_START_OFFSET, (uint32_t)(at - area));
    put_u32(record + RECORD_LENGTH_OFFSET, (uint32_t)(end - at));
    at = end;
  }
  *bytes = (uint32_t)(at - memory);
  put_u32(memory + BYTES_OFFSET, *bytes);
  *out = memory;
  if (*bytes <= PLAN_MAX_BYTES) return 0;
  free(memory);
  return -E2BIG;
}
