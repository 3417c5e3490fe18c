/* A root that paths of `cp` are resolved below: the host's, a running container's, or that of a container that does not run. */
#ifndef CALA_COPY_VIEW_H
#define CALA_COPY_VIEW_H

#include "container.h"

struct copy_view {
  int root; /* O_PATH */
  struct plan *plan;
  struct container_process helpers;
};

/* What argv says: `host`; `process PID STARTTIME`; `plan FILE`. Moves *at behind it. A plan's mounts are made in this process's mount
 * namespace, which must be its own; nothing of the container is run or loaded (CVE-2019-14271). 0 or -errno with layer_fail. */
int copy_view_open(struct copy_view *view, char **argv, int argc, int *at);
void copy_view_close(struct copy_view *view);

/* The ids of a user as the container's own files name it. */
int copy_view_user(const struct copy_view *view, const char *user, uid_t *uid, gid_t *gid);

/* The directory that has the last component of a path, and that component, which is no link any more. Every step is confined to the
 * root (CVE-2018-15664). *name is "." where the path is a directory's own. `follow` 0: a link at the end stays what it is. */
int copy_locate(int root, const char *path, int follow, char name[256]);

/* procfs and sysfs: what looks like a file there acts on the kernel. */
int copy_is_kernel_file(int fd);

#endif
