/* A launch plan in memory: read once, checked as a whole before anything is run, then only taken apart. */
#ifndef CALA_PLAN_H
#define CALA_PLAN_H

#include <stdint.h>
#include <string.h>

struct report;

struct plan_op {
  uint16_t code;
  uint8_t policy;
  const unsigned char *arguments;
  uint32_t argument_bytes;
};

struct plan_list {
  uint32_t count;
  const unsigned char *first;
};

struct plan_bytes {
  uint32_t length;
  const unsigned char *data;
};

struct plan_range {
  uint32_t first;
  uint32_t count;
};

struct plan {
  unsigned char *memory;
  uint32_t bytes;
  uint32_t kind;
  uint32_t op_count;
  uint32_t ops_offset;
  uint32_t arguments_offset;
  struct plan_range sections[5];
};

#define PLAN_KIND_CONTAINER 0u
#define PLAN_KIND_EXEC 1u
#define PLAN_POLICY_FAIL 0
#define PLAN_POLICY_IGNORE 1

/* Takes memory of `bytes` bytes (malloc) into *plan. 0, or -EINVAL with the byte offset of the fault and a sentence. */
int plan_check(struct plan *plan, unsigned char *memory, uint32_t bytes, uint32_t *fault, const char **why);

/* The op at `index`, which must be below op_count. */
struct plan_op plan_op_at(const struct plan *plan, uint32_t index);

/* Finds the first op with `code` in a section from index `from` on (0: the section's start); its index, or UINT32_MAX. */
uint32_t plan_find(const struct plan *plan, unsigned section, unsigned code, uint32_t from);

/* A NULL-terminated array for execve; the strings stay in the plan, the array belongs to the caller. NULL: no memory. */
char **plan_list_array(struct plan_list list, uint32_t spare);

/* The functions below move over arguments that plan_check has already measured. */

static inline uint32_t plan_take_u32(const unsigned char **cursor) {
  uint32_t value;
  memcpy(&value, *cursor, sizeof value);
  *cursor += sizeof value;
  return value;
}

static inline int32_t plan_take_i32(const unsigned char **cursor) {
  return (int32_t)plan_take_u32(cursor);
}

static inline uint64_t plan_take_u64(const unsigned char **cursor) {
  uint64_t value;
  memcpy(&value, *cursor, sizeof value);
  *cursor += sizeof value;
  return value;
}

static inline const char *plan_take_string(const unsigned char **cursor) {
  uint32_t length = plan_take_u32(cursor);
  const char *text = (const char *)*cursor;
  *cursor += (length + 4) & ~3u;
  return text;
}

static inline struct plan_list plan_take_list(const unsigned char **cursor) {
  struct plan_list list = {.count = plan_take_u32(cursor)};
  list.first = *cursor;
  for (uint32_t i = 0; i < list.count; i++) plan_take_string(cursor);
  return list;
}

static inline struct plan_bytes plan_take_bytes(const unsigned char **cursor) {
  struct plan_bytes bytes = {.length = plan_take_u32(cursor)};
  bytes.data = *cursor;
  *cursor += (bytes.length + 3) & ~3u;
  return bytes;
}

static inline const char *plan_take_path(const unsigned char **cursor) {
  return plan_take_string(cursor);
}

/* The types of arguments, as plan-ops.h names them. */
typedef uint32_t plan_u32;
typedef int32_t plan_i32;
typedef uint64_t plan_u64;
typedef const char *plan_string;
typedef const char *plan_path;
typedef struct plan_list plan_list;
typedef struct plan_bytes plan_bytes;

/* Of an op's arguments, FIELDS(F) with F(type, name) for each, makes `struct op_NAME` and `op_NAME_read(op, &out)`. */
#define PLAN_OP_FIELD(type, name) plan_##type name;
#define PLAN_OP_TAKE(type, name) out->name = plan_take_##type(&cursor);
#define PLAN_OP_READER(name, FIELDS) \
  struct op_##name { FIELDS(PLAN_OP_FIELD) }; \
  static inline void op_##name##_read(const struct plan_op *op, struct op_##name *out) { \
    const unsigned char *cursor = op->arguments; \
    FIELDS(PLAN_OP_TAKE) \
  }

#endif
