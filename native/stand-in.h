/* Locks where the file system has none; see core/lock/stand-in.ts, which does the same. */
#ifndef CALA_STAND_IN_H
#define CALA_STAND_IN_H

/* flock(2) that does not wait: 0, -EWOULDBLOCK or another -errno. Where `fd` can have no lock, a file of the user's runtime directory is
 * locked in its place; *held gets its descriptor, and is otherwise left alone. The lock is given back when that is closed. */
int lock_or_stand_in(int fd, int operation, int *held);

#endif
