/* Users and groups by the container's own /etc/passwd and /etc/group; `root` is its root, or -1 when that is "/". */
#ifndef CALA_ACCOUNTS_H
#define CALA_ACCOUNTS_H

#include <sys/types.h>

#include "plan.h"

struct account {
  uid_t uid;
  gid_t gid;
  char home[256]; /* "/" where /etc/passwd knows better nothing */
  gid_t *groups;  /* with the primary group; belongs to the caller */
  size_t group_count;
  int only_own_group; /* no group besides the primary one */
  const char *problem; /* on failure: a sentence, and the name it is about */
  const char *problem_name;
};

/* `user` is `user[:group]`, names or numbers, "" for root; `extra` are further groups. -ENOENT for an unknown name. */
int account_find(int root, const char *user, struct plan_list extra, struct account *account);

#endif
