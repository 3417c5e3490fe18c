/* Under which name a launch is kept. */
#ifndef CALA_LAUNCH_KEY_H
#define CALA_LAUNCH_KEY_H

#include <stdbool.h>

#include "launch-front.h"
#include "sha256.h"

#define OPEN_WORDS_MAX 128

/* Names of templates. An open one serves all command lines that begin with the same words, those up to the image, and differ in the words of
 * the command that follows, and in the value of their --name. */
struct launch_keys {
  char exact[SHA256_HEX_BYTES];
  size_t count;                                  /* of words; 0 open names where there are more than OPEN_WORDS_MAX */
  char open[OPEN_WORDS_MAX][SHA256_HEX_BYTES];   /* [i]: the first i words are fixed */
};

/* False where something of it cannot be told: such a launch is Node's. */
bool launch_key(const struct front_environment *environment, const char *program_dir, char *const *words, struct launch_keys *out);

/* The same of everything but the words, and whether there are terminals: under which a container can be started that was made under it. */
bool launch_facts_key(const struct front_environment *environment, const char *program_dir, char out[SHA256_HEX_BYTES]);

/* The value of the first --name among the first `count` words, or NULL. */
const char *launch_name_of(char *const *words, size_t count);

#endif
