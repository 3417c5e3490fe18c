/* The bytes of a container's secrets: read from their store once, at the start, and kept in memory that has no name. They are in no plan
 * and in no other file; restarts, further processes and probes get them from the monitor. */
#ifndef CALA_SECRETS_H
#define CALA_SECRETS_H

#include <stddef.h>
#include <stdint.h>

struct launch;
struct plan;
struct report;

/* Reads what the plan's `secret-source` ops name into sealed memory. 0 with its descriptor in *out, -1 where the plan has none; else -errno
 * with the report filled. */
int secrets_gather(const struct plan *plan, int *out, struct report *report);

/* The memory that the monitor of a running container keeps: a descriptor, or -errno. */
int secrets_of_monitor(int container_dir);

/* The bytes of the secret `index`, which are the caller's to free; one NUL follows them. 0 or -errno. */
int secrets_take(int memory, uint32_t index, char **out, size_t *length);

/* `variables` with those that secrets give, in the place of others of their names, and room for one more. NULL: no memory. */
char **secrets_environment(const struct launch *launch, char **variables);

#endif
