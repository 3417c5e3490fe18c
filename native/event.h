/* Lines in the user's file of events; core/event/emit.ts is the other writer, and tells the file's form. */
#ifndef CALA_EVENT_H
#define CALA_EVENT_H

#include <stdint.h>

/* Where events of one container go. Strings are borrowed. */
struct event_sink {
  const char *file;    /* NULL: nowhere */
  const char *subject; /* members of the JSON object that say whom it is about: "ID":"…","Name":"…" */
  uint64_t max_bytes;  /* when the file is put aside */
};

/* Appends one event. `dir_fd` is the container's directory, where a rename leaves a newer subject; `more` are further members, each with
 * its comma before it. Never fails: an event that cannot be written is lost. */
void event_emit(const struct event_sink *sink, int dir_fd, const char *status, const char *more);

#endif
