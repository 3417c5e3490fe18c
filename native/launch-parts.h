/* The contents of a container's files, from the parts of a launch template. */
#ifndef CALA_LAUNCH_PARTS_H
#define CALA_LAUNCH_PARTS_H

#include "launch-fill.h"

struct launch_parts {
  const unsigned char *first;
  size_t bytes;
};

/* What the parts come to (malloc); NULL where they are damaged, words are no UTF-8, or there is no memory. */
char *launch_parts_text(const struct launch_fill *fill, struct launch_parts parts, size_t *bytes);

/* Puts name and words into the plans that *text begins with; it is replaced by another. 0 or -errno. */
int launch_plans_change(const struct launch_fill *fill, char **text, size_t *bytes);

#endif
