/* Resources freed when a variable leaves its scope. */
#ifndef CALA_CLEANUP_H
#define CALA_CLEANUP_H

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_close(int *fd) {
  if (*fd >= 0) close(*fd);
}

static inline void cleanup_free(void *pointer) {
  free(*(void **)pointer);
}

static inline void cleanup_closedir(DIR **dir) {
  if (*dir) closedir(*dir);
}

#define AUTO_CLOSE __attribute__((cleanup(cleanup_close)))
#define AUTO_FREE __attribute__((cleanup(cleanup_free)))
#define AUTO_CLOSEDIR __attribute__((cleanup(cleanup_closedir)))

/* Gives the descriptor away: the variable no longer closes it. */
static inline int take_fd(int *fd) {
  int taken = *fd;
  *fd = -1;
  return taken;
}

#endif
