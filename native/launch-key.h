/* Under which name a launch is kept. */
#ifndef CALA_LAUNCH_KEY_H
#define CALA_LAUNCH_KEY_H

#include <stdbool.h>

#include "launch-front.h"
#include "sha256.h"

/* False where something of it cannot be told: such a launch is Node's. */
bool launch_key(const struct front_environment *environment, const char *program_dir, char *const *words, char out[SHA256_HEX_BYTES]);

#endif
