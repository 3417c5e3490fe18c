/* A plan with other words in it. */
#ifndef CALA_PLAN_REBUILD_H
#define CALA_PLAN_REBUILD_H

#include "plan.h"

struct plan_change {
  const char *name_before; /* what stands in the subject of the events, or NULL: it stays as it is */
  const char *name;        /* what is put there */
  uint32_t kept;           /* arguments of the command that stay */
  char *const *words;      /* those that take the place of the others, or NULL: all stay */
};

/* A new plan in *out (malloc) of *bytes bytes. 0, -ENOMEM, -EINVAL where there is no such command or name, or -E2BIG for a plan that is too large. */
int plan_rebuild(const struct plan *plan, const struct plan_change *change, unsigned char **out, uint32_t *bytes);

#endif
