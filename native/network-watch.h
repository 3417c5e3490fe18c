/* Tells when a container's network namespace can reach beyond itself. */
#ifndef CALA_NETWORK_WATCH_H
#define CALA_NETWORK_WATCH_H

#include <stdbool.h>
#include <sys/types.h>

/* A socket that hears of new routes in the network namespace of a process, or -errno. The caller is single threaded and has
 * CAP_SYS_ADMIN over that namespace. */
int network_watch_open(pid_t pid);

/* Whether a default route has appeared since. `families` is "4", "6" or "46": where both are expected, the second is waited for a few
 * milliseconds, no longer, since the host may have lost it. */
bool network_watch_ready(int fd, const char *families);

#endif
