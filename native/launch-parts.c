/* See launch-parts.h. */
#define _GNU_SOURCE
#include "launch-parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "log-json.h"
#include "plan-ops.h"
#include "plan-rebuild.h"
#include "utf8.h"

#define LONGEST_ESCAPE 6u
#define BYTES_OFFSET 12u /* of a plan's size in its header */

struct text {
  char *memory;
  size_t bytes;
  size_t capacity;
};

static uint32_t u32_at(const unsigned char *at) {
  uint32_t value;
  memcpy(&value, at, sizeof value);
  return value;
}

static bool make_room(struct text *text, size_t bytes) {
  if (bytes <= text->capacity - text->bytes) return true;
  size_t capacity = (text->bytes + bytes) * 2;
  char *memory = realloc(text->memory, capacity);
  if (!memory) return false;
  *text = (struct text){memory, text->bytes, capacity};
  return true;
}

static bool put(struct text *text, const char *bytes, size_t length) {
  if (!make_room(text, length)) return false;
  memcpy(text->memory + text->bytes, bytes, length);
  text->bytes += length;
  return true;
}

/* As it stands within a JSON string; Node would put something else in the place of what is no UTF-8. */
static bool put_escaped(struct text *text, const char *word) {
  size_t length = strlen(word);
  if (!utf8_is_valid(word, length) || !make_room(text, length * LONGEST_ESCAPE + LONGEST_ESCAPE)) return false;
  for (size_t read = 0; read < length;) {
    struct log_json_result result = log_json_escape((uint8_t *)text->memory + text->bytes, text->capacity - text->bytes, (const uint8_t *)word + read, length - read);
    read += result.read;
    text->bytes += result.written;
  }
  return true;
}

static bool put_command(struct text *text, char *const *words) {
  for (char *const *word = words; *word; word++) {
    if (word != words && !put(text, ",", 1)) return false;
    if (!put(text, "\"", 1) || !put_escaped(text, *word) || !put(text, "\"", 1)) return false;
  }
  return true;
}

static bool put_part(struct text *text, const struct launch_fill *fill, const unsigned char *part) {
  switch (u32_at(part)) {
    case PART_TEXT: return put(text, (const char *)part + 8, u32_at(part + 4));
    case PART_ID: return put(text, fill->id, sizeof fill->id - 1);
    case PART_SHORT_ID: return put(text, fill->id, SHORT_ID_DIGITS);
    case PART_NAME: return put(text, fill->name, strlen(fill->name));
    case PART_TIME: return put(text, fill->time, sizeof "2026-11-21T04:01:57.123" - 1);
    case PART_PRECISE_TIME: return put(text, fill->time, sizeof "2026-11-21T04:01:57.123456" - 1);
    case PART_COMMAND: return fill->words && put_command(text, fill->words);
    case PART_PROGRAM: return fill->words && put_escaped(text, fill->words[0]);
    default: return false;
  }
}

char *launch_parts_text(const struct launch_fill *fill, struct launch_parts parts, size_t *bytes) {
  struct text text = {malloc(parts.bytes + 1024), 0, parts.bytes + 1024};
  bool ok = text.memory != NULL;
  for (size_t at = 0; ok && at + 8 <= parts.bytes;) {
    size_t stored = u32_at(parts.first + at + 4);
    ok = stored <= parts.bytes - at - 8 && put_part(&text, fill, parts.first + at);
    at += 8 + ((stored + 3) & ~(size_t)3);
  }
  *bytes = text.bytes;
  if (ok) return text.memory;
  free(text.memory);
  return NULL;
}

/* Appends the plan in the first `size` bytes with its name and words changed. */
static int put_plan(struct text *out, const struct launch_fill *fill, const char *bytes, uint32_t size) {
  AUTO_FREE unsigned char *memory = malloc(size);
  AUTO_FREE unsigned char *changed = NULL;
  struct plan plan;
  uint32_t fault, length = 0;
  const char *why;
  if (!memory) return -ENOMEM;
  memcpy(memory, bytes, size);
  if (plan_check(&plan, memory, size, &fault, &why) < 0) return -EINVAL;
  struct plan_change change = {
    .name_before = fill->before && *fill->before ? fill->before : NULL, .name = fill->name,
    .kept = fill->kept, .words = plan.kind == PLAN_KIND_CONTAINER ? fill->words : NULL,
  };
  int result = plan_rebuild(&plan, &change, &changed, &length);
  return result < 0 || put(out, (char *)changed, length) ? result : -ENOMEM;
}

int launch_plans_change(const struct launch_fill *fill, char **text, size_t *bytes) {
  struct text out = {malloc(*bytes + 1024), 0, *bytes + 1024};
  size_t at = 0;
  int result = out.memory ? 0 : -ENOMEM;
  while (result == 0 && *bytes - at >= PLAN_HEADER_BYTES && u32_at((unsigned char *)*text + at) == PLAN_MAGIC) {
    uint32_t size = u32_at((unsigned char *)*text + at + BYTES_OFFSET);
    result = size < PLAN_HEADER_BYTES || size > *bytes - at ? -EINVAL : put_plan(&out, fill, *text + at, size);
    at += size;
  }
  if (result == 0 && !put(&out, *text + at, *bytes - at)) result = -ENOMEM;
  if (result < 0) {
    free(out.memory);
    return result;
  }
  free(*text);
  *text = out.memory;
  *bytes = out.bytes;
  return 0;
}
