/* The plan of a plain exec, completed from what TypeScript compiled at the launch (core/container/exec-template.ts). */
#ifndef CALA_EXEC_TEMPLATE_H
#define CALA_EXEC_TEMPLATE_H

#include <stdbool.h>
#include <stdint.h>

#include "state.h"

struct plan;

struct exec_values {
  const struct state *state; /* whose namespaces are joined, through which monitor */
  bool terminal;
  uint16_t rows; /* 0: unknown */
  uint16_t columns;
  char **command; /* NULL-terminated, one word at least */
};

/* Reads the file `exec-plan` below dir_fd and fills it in. 0 with memory for the caller to free, or -errno: -ENOENT where there is no
 * template, -EINVAL where it is not one of this version. The plan is still to be checked by whoever runs it. */
int exec_template_complete(int dir_fd, const struct exec_values *values, unsigned char **out, uint32_t *bytes);

/* Reads a whole plan from the file `name` and fills in whose namespaces are joined. 0 with a plan for plan_free, or -errno. */
int exec_template_load(int dir_fd, const char *name, const struct state *state, struct plan **out);

#endif
