/* The networks that a container is on: what its plan says, and what was connected while it ran. */
#ifndef CALA_MEMBERSHIP_H
#define CALA_MEMBERSHIP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct plan;
struct report;

struct membership {
  struct membership *next;
  const char *dir, *config, *request; /* see network-join.h */
  char *text;        /* memory of the three: the plan may be replaced meanwhile */
  uint32_t op_index; /* UINT32_MAX: connected later */
  int fd;            /* the connection; -1: not joined, or the network's process has gone */
};

struct memberships {
  const char *runtime_dir;
  struct membership *first;
};

/* Adds those of a plan. 0 or -ENOMEM. */
int memberships_of_plan(struct memberships *memberships, const struct plan *plan);
/* Joins all that are not joined. At the first failure the report is filled and -errno returned, unless `report` is NULL: then all are
 * tried. */
int memberships_join(struct memberships *memberships, pid_t pid, struct report *report);
/* Every connection is closed; `waits`: for the interfaces to go, where the container has not ended. */
void memberships_leave(struct memberships *memberships, bool waits);
/* `text`: three strings with their NULs (length bytes in all), kept. Joins if pid is not 0. 0 or -errno with nothing changed. */
int memberships_connect(struct memberships *memberships, char *text, uint32_t length, pid_t pid);
/* Leaves the network of this directory. 0 or -ENOENT. */
int memberships_disconnect(struct memberships *memberships, const char *dir);
/* Closes the connections whose network process has gone; true when there were any. */
bool memberships_have_lost(struct memberships *memberships);

#endif
