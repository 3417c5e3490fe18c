/* The plan reader: nothing in a plan is believed before all of it was checked. */
#include "plan.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "plan-ops.h"

struct op_rule {
  uint16_t code;
  uint8_t section;
  uint8_t rank;
  uint8_t single;
  const char *types;
};

#define RULE(NAME, name, code, section, rank, single, types) {code, section, rank, single, types},
static const struct op_rule op_rules[] = {PLAN_OP_TABLE(RULE)};
#define RULE_COUNT (sizeof op_rules / sizeof op_rules[0])

static const struct op_rule *find_rule(uint16_t code) {
  for (size_t i = 0; i < RULE_COUNT; i++)
    if (op_rules[i].code == code) return &op_rules[i];
  return NULL;
}

static uint32_t u32_at(const unsigned char *memory, uint32_t offset) {
  uint32_t value;
  memcpy(&value, memory + offset, sizeof value);
  return value;
}

static uint16_t u16_at(const unsigned char *memory, uint32_t offset) {
  uint16_t value;
  memcpy(&value, memory + offset, sizeof value);
  return value;
}

struct check {
  const struct plan *plan;
  uint32_t fault;
  const char *why;
};

static int refuse(struct check *check, uint32_t offset, const char *why) {
  check->fault = offset;
  check->why = why;
  return -EINVAL;
}

/* One string at *at, not reaching past end; moves *at behind it. */
static int check_string(struct check *check, uint32_t *at, uint32_t end, int is_path) {
  const unsigned char *memory = check->plan->memory;
  if (end - *at < 8) return refuse(check, *at, "a string does not fit");
  uint32_t length = u32_at(memory, *at);
  if (length > end - *at - 5) return refuse(check, *at, "a string is longer than its op");
  if (memory[*at + 4 + length] != 0) return refuse(check, *at, "a string is not closed");
  if (memchr(memory + *at + 4, 0, length)) return refuse(check, *at, "a string contains a NUL");
  if (is_path && (length == 0 || length > 4095)) return refuse(check, *at, "a path is empty or too long");
  uint32_t size = 4 + ((length + 4) & ~3u);
  if (size > end - *at) return refuse(check, *at, "a string is not padded");
  *at += size;
  return 0;
}

static int check_sized(struct check *check, uint32_t *at, uint32_t end) {
  if (end - *at < 4) return refuse(check, *at, "bytes do not fit");
  uint32_t length = u32_at(check->plan->memory, *at);
  if (length > end - *at - 4 || ((length + 3) & ~3u) > end - *at - 4) return refuse(check, *at, "bytes are longer than their op");
  *at += 4 + ((length + 3) & ~3u);
  return 0;
}

static int check_list(struct check *check, uint32_t *at, uint32_t end) {
  if (end - *at < 4) return refuse(check, *at, "a list does not fit");
  uint32_t count = u32_at(check->plan->memory, *at);
  /* Each string takes eight bytes at least, which bounds the loop. */
  if (count > (end - *at - 4) / 8) return refuse(check, *at, "a list is longer than its op");
  *at += 4;
  for (uint32_t i = 0; i < count; i++) {
    int result = check_string(check, at, end, 0);
    if (result < 0) return result;
  }
  return 0;
}

static int check_argument(struct check *check, char type, uint32_t *at, uint32_t end) {
  uint32_t size = type == 'U' ? 8 : 4;
  switch (type) {
    case 's': return check_string(check, at, end, 0);
    case 'p': return check_string(check, at, end, 1);
    case 'l': return check_list(check, at, end);
    case 'b': return check_sized(check, at, end);
    default:
      if (end - *at < size) return refuse(check, *at, "a number does not fit");
      *at += size;
      return 0;
  }
}

static int check_arguments(struct check *check, const struct op_rule *rule, uint32_t record) {
  const struct plan *plan = check->plan;
  uint32_t area = plan->bytes - plan->arguments_offset;
  uint32_t start = u32_at(plan->memory, record + 4);
  uint32_t length = u32_at(plan->memory, record + 8);
  if (start % 4 || length % 4 || start > area || length > area - start) return refuse(check, record, "arguments lie outside the plan");
  uint32_t at = plan->arguments_offset + start;
  uint32_t end = at + length;
  for (const char *type = rule->types; *type; type++) {
    int result = check_argument(check, *type, &at, end);
    if (result < 0) return result;
  }
  if (at != end) return refuse(check, record, "an op has too many arguments");
  return 0;
}

static int check_ops(struct check *check) {
  const struct plan *plan = check->plan;
  unsigned char seen[RULE_COUNT] = {0};
  for (uint32_t section = 0; section < PLAN_SECTION_COUNT; section++) {
    struct plan_range range = plan->sections[section];
    uint32_t rank = 0;
    for (uint32_t index = range.first; index < range.first + range.count; index++) {
      uint32_t record = plan->ops_offset + index * PLAN_OP_BYTES;
      const struct op_rule *rule = find_rule(u16_at(plan->memory, record));
      if (!rule) return refuse(check, record, "an op is unknown");
      if (rule->section != section) return refuse(check, record, "an op stands in the wrong section");
      if (rule->rank < rank) return refuse(check, record, "an op comes too late");
      if (rule->single && seen[rule - op_rules]) return refuse(check, record, "an op comes twice");
      if (plan->memory[record + 2] > PLAN_POLICY_IGNORE || plan->memory[record + 3]) return refuse(check, record, "an op's policy is unknown");
      rank = rule->rank;
      seen[rule - op_rules] = 1;
      int result = check_arguments(check, rule, record);
      if (result < 0) return result;
    }
  }
  return 0;
}

static int check_completeness(struct check *check) {
  const struct plan *plan = check->plan;
  if (plan_find(plan, PLAN_SECTION_ENTER, OP_EXEC, 0) == UINT32_MAX) return refuse(check, 0, "the plan executes nothing");
  if (plan->kind == PLAN_KIND_EXEC) return 0;
  if (plan_find(plan, PLAN_SECTION_SETTINGS, OP_MONITOR, 0) == UINT32_MAX) return refuse(check, 0, "the plan has no settings");
  if (plan_find(plan, PLAN_SECTION_SETTINGS, OP_OUTER_MAP, 0) == UINT32_MAX) return refuse(check, 0, "the plan has no outer map");
  if (plan_find(plan, PLAN_SECTION_SETTINGS, OP_NAMESPACES, 0) == UINT32_MAX) return refuse(check, 0, "the plan has no namespaces");
  bool translates = plan_find(plan, PLAN_SECTION_SETUP, OP_TRANSLATE, 0) != UINT32_MAX;
  if (translates) return plan_find(plan, PLAN_SECTION_SETUP, OP_TRANSLATE_ROOT, 0) == UINT32_MAX ? refuse(check, 0, "the plan has no root") : 0;
  if (plan_find(plan, PLAN_SECTION_SETUP, OP_ROOT_OVERLAY, 0) == UINT32_MAX && plan_find(plan, PLAN_SECTION_SETUP, OP_ROOT_BIND, 0) == UINT32_MAX)
    return refuse(check, 0, "the plan has no root");
  /* What is executed to bring processes back is the host's, and enters nothing itself. */
  if (plan_find(plan, PLAN_SECTION_SETTINGS, OP_RESTORE, 0) != UINT32_MAX) return 0;
  if (plan_find(plan, PLAN_SECTION_SETUP, OP_PIVOT_ROOT, 0) == UINT32_MAX) return refuse(check, 0, "the plan does not leave the host's root");
  return 0;
}

static int check_header(struct check *check, struct plan *plan) {
  const unsigned char *memory = plan->memory;
  if (plan->bytes < PLAN_HEADER_BYTES || plan->bytes > PLAN_MAX_BYTES) return refuse(check, 0, "the size is impossible");
  if (u32_at(memory, 0) != PLAN_MAGIC) return refuse(check, 0, "this is not a plan");
  if (u32_at(memory, 4) != PLAN_VERSION) return refuse(check, 4, "the plan was made by another version");
  plan->kind = u32_at(memory, 8);
  if (plan->kind > PLAN_KIND_EXEC) return refuse(check, 8, "the kind is unknown");
  if (u32_at(memory, 12) != plan->bytes) return refuse(check, 12, "the plan is cut off");
  plan->op_count = u32_at(memory, 16);
  plan->ops_offset = u32_at(memory, 20);
  plan->arguments_offset = u32_at(memory, 24);
  if (plan->op_count > PLAN_MAX_OPS) return refuse(check, 16, "too many ops");
  if (plan->ops_offset != PLAN_HEADER_BYTES) return refuse(check, 20, "the ops are elsewhere");
  if (plan->arguments_offset != PLAN_HEADER_BYTES + plan->op_count * PLAN_OP_BYTES || plan->arguments_offset > plan->bytes)
    return refuse(check, 24, "the arguments are elsewhere");
  uint32_t next = 0;
  for (uint32_t i = 0; i < PLAN_SECTION_COUNT; i++) {
    plan->sections[i].first = u16_at(memory, 28 + i * 4);
    plan->sections[i].count = u16_at(memory, 30 + i * 4);
    if (plan->sections[i].first != next) return refuse(check, 28 + i * 4, "a section has gaps");
    next += plan->sections[i].count;
  }
  if (next != plan->op_count) return refuse(check, 16, "the sections do not hold all ops");
  return 0;
}

int plan_check(struct plan *plan, unsigned char *memory, uint32_t bytes, uint32_t *fault, const char **why) {
  *plan = (struct plan){.memory = memory, .bytes = bytes};
  struct check check = {.plan = plan};
  int result = check_header(&check, plan);
  if (result == 0) result = check_ops(&check);
  if (result == 0) result = check_completeness(&check);
  *fault = check.fault;
  *why = check.why;
  return result;
}

struct plan_op plan_op_at(const struct plan *plan, uint32_t index) {
  uint32_t record = plan->ops_offset + index * PLAN_OP_BYTES;
  struct plan_op op = {.code = u16_at(plan->memory, record), .policy = plan->memory[record + 2]};
  op.arguments = plan->memory + plan->arguments_offset + u32_at(plan->memory, record + 4);
  op.argument_bytes = u32_at(plan->memory, record + 8);
  return op;
}

uint32_t plan_find(const struct plan *plan, unsigned section, unsigned code, uint32_t from) {
  struct plan_range range = plan->sections[section];
  uint32_t index = from > range.first ? from : range.first;
  for (; index < range.first + range.count; index++)
    if (u16_at(plan->memory, plan->ops_offset + index * PLAN_OP_BYTES) == code) return index;
  return UINT32_MAX;
}

char **plan_list_array(struct plan_list list, uint32_t spare) {
  char **array = calloc((size_t)list.count + spare + 1, sizeof *array);
  if (!array) return NULL;
  const unsigned char *cursor = list.first;
  for (uint32_t i = 0; i < list.count; i++) array[i] = (char *)plan_take_string(&cursor);
  return array;
}
