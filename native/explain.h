#ifndef CALA_EXPLAIN_H
#define CALA_EXPLAIN_H

#include "container.h"

/* Becomes Node (CALA_NODE, CALA_PROGRAM_DIR/cala.cjs __explain DIR STAGE OP ERRNO TEXT), which prints the sentence and exits with 125,
 * 126 or 127. Where that fails it prints what it knows itself and returns the exit code. */
int explain_failure(const char *container_dir, const struct report *report);

/* 127: no such program; 126: it cannot be executed; 125: anything else. */
int failure_exit_code(const struct report *report);

/* Removes an image unless somebody needs it, and waits for that. */
void image_remove_after(const char *name);

#endif
