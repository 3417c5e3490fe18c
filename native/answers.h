/* The rung of a single id: what is answered where it cannot be done. */
#ifndef CALA_ANSWERS_H
#define CALA_ANSWERS_H

#include <stdbool.h>

/* Whether this process's user namespace has root only. */
bool answers_needed(void);

/* For this process and all that come from it; needs CAP_SYS_ADMIN. 0 or -errno. */
int answers_install(void);

#endif
