/* One probe of a container's health, in a process of its own that keeps the record of the last ones. */
#ifndef CALA_HEALTH_PROBE_H
#define CALA_HEALTH_PROBE_H

#include <stdint.h>
#include <sys/types.h>
#include "container.h"
#include "state.h"

/* How a probe's process ends. */
#define PROBE_PASSED 0
#define PROBE_FAILED 1

/* Runs in the child that the monitor has forked; `monitor` is the monitor's pid, with which it ends. */
_Noreturn void health_probe_run(int dir_fd, const struct check_settings *check, const struct health_settings *settings, const struct state *state, pid_t monitor);

/* Adds a line to the file of the last probes and drops what is too much. 0 or -errno. */
int health_log_append(int dir_fd, const char *name, uint32_t keep, const char *line, size_t length);

#endif
