#ifndef CALA_CGROUP_H
#define CALA_CGROUP_H

#include <sys/types.h>

struct launch;
struct plan;

/* Moves a process into the cgroups that cgroup-join ops have opened. */
int cgroup_move(struct launch *launch, pid_t pid);

/* Removes the cgroups that the plan has made, killing what is left in them. */
void cgroup_remove_all(const struct plan *plan);

#endif
