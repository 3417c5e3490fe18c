/* Which path of the host stands for which path of the container. */
#include "trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int trace_space_add(struct trace_space *space, const char *guest, const char *host, bool read_only) {
  struct trace_bind *binds = realloc(space->binds, (space->count + 1) * sizeof *binds);
  if (!binds) return -ENOMEM;
  space->binds = binds;
  size_t guest_length = strlen(guest), host_length = strlen(host);
  while (guest_length > 0 && guest[guest_length - 1] == '/') guest_length--;
  while (host_length > 0 && host[host_length - 1] == '/') host_length--;
  binds[space->count++] = (struct trace_bind){guest, host, guest_length, host_length, read_only};
  return 0;
}

static bool lies_below(const char *path, const char *prefix, size_t length) {
  return strncmp(path, prefix, length) == 0 && (path[length] == '/' || path[length] == 0);
}

/* The longest one, and of equals the last, which covers the others as a later mount does. */
int trace_space_host(const struct trace_space *space, const char *guest, char *out, bool *read_only) {
  const struct trace_bind *best = NULL;
  for (size_t i = 0; i < space->count; i++) {
    const struct trace_bind *bind = &space->binds[i];
    if (lies_below(guest, bind->guest, bind->guest_length) && (!best || bind->guest_length >= best->guest_length)) best = bind;
  }
  if (!best) return -ENOENT;
  size_t rest = strlen(guest + best->guest_length);
  if (best->host_length + rest + 2 > PATH_MAX) return -ENAMETOOLONG;
  memcpy(out, best->host, best->host_length);
  memcpy(out + best->host_length, guest + best->guest_length, rest + 1);
  if (!*out) strcpy(out, "/");
  *read_only = best->read_only;
  return 0;
}

bool trace_space_guest(const struct trace_space *space, const char *host, char *out) {
  const struct trace_bind *best = NULL;
  for (size_t i = 0; i < space->count; i++) {
    const struct trace_bind *bind = &space->binds[i];
    if (lies_below(host, bind->host, bind->host_length) && (!best || bind->host_length > best->host_length)) best = bind;
  }
  if (!best) return false;
  size_t rest = strlen(host + best->host_length);
  if (best->guest_length + rest + 2 > PATH_MAX) return false;
  memcpy(out, best->guest, best->guest_length);
  memcpy(out + best->guest_length, host + best->host_length, rest + 1);
  if (!*out) strcpy(out, "/");
  return true;
}
