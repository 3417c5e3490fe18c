/* Between the user's terminal and that of a process in a container. */
#ifndef CALA_EXEC_RELAY_H
#define CALA_EXEC_RELAY_H

#include <stdbool.h>
#include <sys/types.h>

/* Relays until the child `pid` has ended; its exit code, or 0 when the user has detached. */
int exec_relay(pid_t pid, int master, bool stdin_open, const char *detach_keys);

/* Leaves a process behind that keeps the terminal open (its closing would be a hangup) and throws its output away. Returns 0. */
int exec_relay_abandon(int master);

#endif
