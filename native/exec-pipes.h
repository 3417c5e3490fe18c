/* Pipes between the caller's terminal and a process that has no terminal of its own. */
#ifndef CALA_EXEC_PIPES_H
#define CALA_EXEC_PIPES_H

#include <stdbool.h>
#include <sys/types.h>

#include "container.h"

struct exec_pipes {
  int ours[3];   /* near ends by standard descriptor; -1: none */
  int theirs[3]; /* far ends, as put into container_io */
};

/* Puts a pipe in the place of every descriptor of io that is a terminal: a container that had the caller's terminal itself could go
 * on reading what is typed there after the command has ended. With `all` in the place of the others, too: a process with a label of its own
 * may not write to a file of the user's. 0 or -errno. */
int exec_pipes_open(struct exec_pipes *pipes, struct container_io *io, bool all);
/* To be called when the process has been started, or could not be. */
void exec_pipes_close_theirs(struct exec_pipes *pipes);
/* Relays until the process has ended and its last output was passed on. Does not reap it. */
void exec_pipes_relay(struct exec_pipes *pipes, pid_t pid);

#endif
