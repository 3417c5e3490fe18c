/* A container's directory made from a launch template. */
#ifndef CALA_LAUNCH_FILL_H
#define CALA_LAUNCH_FILL_H

#include "launch-template.h"
#include "timestamp.h"

#define CONTAINER_ID_BYTES 65
#define CONTAINER_NAME_MAX 256

struct launch_fill {
  const char *data;    /* directory */
  const char *runtime; /* directory */
  char id[CONTAINER_ID_BYTES];
  char name[CONTAINER_NAME_MAX];
  char time[TIMESTAMP_BYTES];
  char path[PATH_MAX]; /* of the container's directory */
  int lock;            /* the container's, held */
};

/* Takes the store's lock (shared), checks the guards under it, and makes the container, its record last. 0 with the container's lock in
 * out->lock, or -errno with nothing left behind; out->data and out->runtime point into the template. */
int launch_fill(const struct launch_template *template, const struct front_environment *environment, struct launch_fill *out);

/* Removes what was made. */
void launch_undo(struct launch_fill *fill);

#endif
