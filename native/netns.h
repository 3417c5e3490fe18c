/* Doing something in another network namespace without going there for good. */
#ifndef CALA_NETNS_H
#define CALA_NETNS_H

/* A child that shares our memory and descriptors enters the namespace (-1: makes a new one), runs `work` and ends. What it opened stays
 * open here. Returns what `work` returned, or -errno. */
int netns_call(int namespace_fd, int (*work)(void *data), void *data);

#endif
