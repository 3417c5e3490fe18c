/* Mounts as descriptors: made detached, given their attributes, then attached to a descriptor. */
#ifndef CALA_MOUNTS_H
#define CALA_MOUNTS_H

#include <stdint.h>

#include "plan.h"

/* Sets `key` or `key=value` of a file system in the making. */
int mount_option(int fs, const char *option);
/* A new file system instance, not attached anywhere. `options`: `key` or `key=value`. fd or -errno; *refused (may be NULL)
 * receives the option that was refused. */
int mount_new(const char *type, const char *source, const struct plan_list *options, unsigned attributes, const char **refused);

/* A copy of the mount at `path` below `dir` (path "" with AT_EMPTY_PATH semantics), not attached. Where the kernel forbids to copy a mount
 * without the mounts below it, because a less privileged namespace must not see what they hide, they come along. */
int mount_copy(int dir, const char *path, int recursive);

/* Sets attributes and propagation (0: leave) of a mount that is not attached yet. -ENOSYS before Linux 5.12. */
int mount_change(int mount, uint64_t attributes, uint64_t propagation, int recursive);

/* Sets read-only (and more) on an attached mount by the old call, for kernels without mount_setattr. */
int mount_change_old(int mount, uint64_t attributes);

/* Changes, then attaches to `target`, with the fallback for old kernels. */
int mount_attach(int mount, int target, uint64_t attributes, uint64_t propagation, int recursive);

#endif
