/* A container's directory made from a launch template. */
#ifndef CALA_LAUNCH_FILL_H
#define CALA_LAUNCH_FILL_H

#include "launch-template.h"
#include "timestamp.h"

#define CONTAINER_ID_BYTES 65
#define CONTAINER_NAME_MAX 256
#define SHORT_ID_DIGITS 12u

struct launch_fill {
  const char *data;    /* directory */
  const char *runtime; /* directory */
  char *const *words;  /* of the command line, open ones, NULL-terminated; NULL: there are none */
  uint32_t kept;       /* arguments of the command before them */
  const char *before;  /* the name that stands in the plans */
  char id[CONTAINER_ID_BYTES];
  char name[CONTAINER_NAME_MAX];
  bool named;          /* the name is taken */
  char time[TIMESTAMP_BYTES];
  char path[PATH_MAX]; /* of the container's directory */
  int lock;            /* the container's, held */
};

/* Takes the store's lock (shared), checks the guards under it, and makes the container, its record last; `words` are those of the command
 * line. 0 with the container's lock in out->lock, or -errno with nothing left behind; what *out points to belongs to template and words. */
int launch_fill(const struct launch_template *template, const struct front_environment *environment, char *const *words, struct launch_fill *out);

/* Finds the directories that the template names; they belong to it. False where it names none. */
bool launch_places(const struct launch_template *template, struct launch_fill *fill);

/* Appends the lines that the template notes elsewhere, with the time of *fill; with `only_look`, whether there is room for them. 0 or -errno. */
int launch_notes(const struct launch_template *template, const struct launch_fill *fill, bool only_look);

/* Removes what was made. */
void launch_undo(struct launch_fill *fill);

#endif
