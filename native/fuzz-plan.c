/* Bytes of any kind against the plan reader. With clang a libFuzzer target; with -DSELF_DRIVING `fuzz-plan SECONDS PLAN…` mutates plans. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fuzz-random.h"
#include "plan-ops.h"
#include "plan-rebuild.h"

static volatile uint64_t sink;

static void touch_text(const char *text) {
  sink += strlen(text);
}

/* Reads every argument of an accepted plan as the ops would: what was accepted must be safe to use. */
static void touch_arguments(const struct plan_op *op, const char *types) {
  const unsigned char *cursor = op->arguments;
  for (; *types; types++) {
    if (*types == 'u' || *types == 'i') sink += plan_take_u32(&cursor);
    else if (*types == 'U') sink += plan_take_u64(&cursor);
    else if (*types == 'b') {
      struct plan_bytes bytes = plan_take_bytes(&cursor);
      for (uint32_t i = 0; i < bytes.length; i++) sink += bytes.data[i];
    } else if (*types == 'l') {
      struct plan_list list = plan_take_list(&cursor);
      char **array = plan_list_array(list, 1);
      for (uint32_t i = 0; array && i < list.count; i++) touch_text(array[i]);
      free(array);
    } else {
      touch_text(plan_take_string(&cursor));
    }
  }
  if (cursor != op->arguments + op->argument_bytes) abort();
}

static const char *types_of(uint16_t code) {
#define TYPES(NAME, name, number, section, rank, single, types) case number: return types;
  switch (code) {
    PLAN_OP_TABLE(TYPES)
    default: abort();
  }
}

/* A plan that is accepted is accepted with other words, too. */
static void rebuild(const struct plan *plan, uint32_t kept) {
  char *words[] = {"sh", "", "a longer word", NULL}, before[4] = "";
  unsigned char *memory;
  uint32_t bytes, fault;
  const char *why;
  struct plan changed;
  uint32_t index = plan_find(plan, PLAN_SECTION_SETTINGS, OP_EVENTS, 0);
  if (index != UINT32_MAX) {
    struct plan_op op = plan_op_at(plan, index);
    struct op_events events;
    op_events_read(&op, &events);
    snprintf(before, sizeof before, "%s", events.subject);
  }
  struct plan_change change = {.name_before = *before ? before : NULL, .name = "another name", .kept = kept, .words = words};
  if (plan_rebuild(plan, &change, &memory, &bytes) < 0) return;
  if (plan_check(&changed, memory, bytes, &fault, &why) < 0) abort();
  free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct plan plan;
  uint32_t fault;
  const char *why;
  if (size > PLAN_MAX_BYTES) return 0;
  /* An allocation of exactly this size, so that one byte too far is seen. */
  unsigned char *memory = malloc(size ? size : 1);
  if (!memory) return 0;
  memcpy(memory, data, size);
  if (plan_check(&plan, memory, (uint32_t)size, &fault, &why) == 0) {
    for (uint32_t i = 0; i < plan.op_count; i++) {
      struct plan_op op = plan_op_at(&plan, i);
      touch_arguments(&op, types_of(op.code));
    }
    for (uint32_t kept = 0; kept < 2; kept++) rebuild(&plan, kept);
  } else if (!why) {
    abort();
  }
  free(memory);
  return 0;
}

#ifdef SELF_DRIVING
static uint32_t next_random(void) {
  return (uint32_t)(fuzz_random() >> 16);
}

static void mutate(unsigned char *data, size_t *size) {
  static const uint32_t edges[] = {0, 1, 3, 4, 7, 0x7fffffff, 0x80000000, 0xfffffffc, 0xfffffffe, 0xffffffff};
  for (uint32_t count = 1 + next_random() % 4; count && *size >= 8; count--) {
    size_t at = next_random() % (*size - 4);
    uint32_t word = edges[next_random() % 10];
    switch (next_random() % 6) {
      case 0: data[at] ^= (unsigned char)(1u << next_random() % 8); break;
      case 1: memcpy(data + (at & ~3ul), &word, 4); break;
      case 2: word = next_random() % 64; memcpy(data + (at & ~3ul), &word, 4); break;
      case 3: data[at] = (unsigned char)next_random(); break;
      case 4: memmove(data + at, data + next_random() % (*size - 4), 4); break;
      /* Cut off, with the size field following half of the time: else the first check would see all of these. */
      default:
        *size = at + 4;
        word = (uint32_t)*size;
        if (next_random() % 2 && *size >= 16) memcpy(data + 12, &word, 4);
    }
  }
}

static size_t read_plan(const char *path, unsigned char **data) {
  FILE *file = fopen(path, "rb");
  if (!file) return 0;
  *data = malloc(1 << 20);
  size_t size = *data ? fread(*data, 1, 1 << 20, file) : 0;
  fclose(file);
  return size;
}

int main(int argc, char **argv) {
  if (argc < 3) return fprintf(stderr, "usage: fuzz-plan SECONDS PLAN…\n"), 2;
  time_t end = time(NULL) + atoi(argv[1]);
  uint64_t runs = 0;
  static unsigned char work[1 << 20];
  for (int turn = 2; time(NULL) < end; turn = turn + 1 < argc ? turn + 1 : 2) {
    unsigned char *data = NULL;
    size_t size = read_plan(argv[turn], &data);
    if (size == 0) return fprintf(stderr, "fuzz-plan: cannot read %s\n", argv[turn]), 2;
    for (int i = 0; i < 20000; i++, runs++) {
      size_t length = size;
      memcpy(work, data, size);
      if (i) mutate(work, &length);
      LLVMFuzzerTestOneInput(work, length);
    }
    free(data);
  }
  printf("%llu plans\n", (unsigned long long)runs);
  return 0;
}
#endif
