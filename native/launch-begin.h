/* The start of a container whose directory is complete, without Node. */
#ifndef CALA_LAUNCH_BEGIN_H
#define CALA_LAUNCH_BEGIN_H

#include "launch-fill.h"

/* DO_START taken apart. */
struct start_record {
  uint32_t flags;
  uint32_t streams;
  const char *words; /* one behind the other */
  const char *end;
};

/* False where the template has none. */
bool launch_find_start(const struct launch_template *template, struct start_record *out);

/* Forks the monitor and follows the start, and the container's streams where they are wanted; fill->lock is held until the monitor's word.
 * `answer` is printed when a detached container runs. The exit code, or FRONT_NOT_TAKEN where no monitor could be started. */
int launch_begin(struct front_environment *environment, const struct launch_fill *fill, const struct start_record *start, const char *answer);

#endif
