/* From a path as a program gives it to the path behind it, link by link, as the kernel would below the container's root. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace.h"

#define MAX_LINKS 40

struct walk {
  struct trace_call *call;
  struct trace_path *out;
  char rest[2 * PATH_MAX]; /* what is still to be walked */
  int links;
};

/* The container's path of a descriptor or of the working directory. */
static int start_of(struct trace_call *call, int directory, char *out) {
  char link[64], host[PATH_MAX];
  if (directory == AT_FDCWD) snprintf(link, sizeof link, "/proc/%d/cwd", (int)call->tracee->pid);
  else snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)call->tracee->pid, directory);
  ssize_t length = readlink(link, host, sizeof host - 1);
  if (length < 0) return directory == AT_FDCWD ? -errno : -EBADF;
  host[length] = 0;
  return host[0] == '/' && trace_space_guest(call->trace->space, host, out) ? 0 : -ENOTDIR;
}

static void pop(char *path) {
  char *slash = strrchr(path, '/');
  if (slash) *slash = 0;
}

static int push(char *path, const char *name, size_t length) {
  size_t at = strlen(path);
  if (at == 1) at = 0; /* the root itself */
  if (at + length + 2 > PATH_MAX) return -ENAMETOOLONG;
  path[at] = '/';
  memcpy(path + at + 1, name, length);
  path[at + 1 + length] = 0;
  return 0;
}

/* /proc/PID/… and what is below: PID's length, else 0. */
static size_t process_prefix(const char *host) {
  if (strncmp(host, "/proc/", 6) != 0) return 0;
  size_t digits = strspn(host + 6, "0123456789");
  return digits > 0 && host[6 + digits] == '/' ? 6 + digits : 0;
}

bool trace_magic_link(struct trace_call *call, const char *host, char *out) {
  size_t prefix = process_prefix(host);
  char target[PATH_MAX];
  if (strcmp(host + prefix, "/root") == 0) return strcpy(out, "/"), true;
  if (strcmp(host + prefix, "/exe") == 0) {
    const struct tracee *other = trace_find(call->trace, (pid_t)atoi(host + 6));
    if (other && other->group->program) return strcpy(out, other->group->program), true;
  }
  ssize_t length = readlink(host, target, sizeof target - 1);
  if (length <= 0) return false;
  target[length] = 0;
  return target[0] == '/' && trace_space_guest(call->trace->space, target, out);
}

/* A link whose text is `target` takes the place of the last name. */
static int follow(struct walk *walk, const char *target) {
  char *guest = walk->out->guest, joined[2 * PATH_MAX];
  if (++walk->links > MAX_LINKS) return -ELOOP;
  if ((size_t)snprintf(joined, sizeof joined, "%s%s%s", target, *walk->rest ? "/" : "", walk->rest) >= sizeof joined) return -ENAMETOOLONG;
  strcpy(walk->rest, joined);
  if (target[0] == '/') guest[0] = 0;
  else pop(guest);
  return 0;
}

/* A name of /proc that means whoever asks: it would mean us. */
static bool is_self(const struct walk *walk, char *target) {
  const char *host = walk->out->host;
  if (strcmp(host, "/proc/self") == 0) return snprintf(target, 64, "%d", (int)walk->call->tracee->pid) > 0;
  if (strcmp(host, "/proc/thread-self") == 0) return snprintf(target, 64, "%d/task/%d", (int)walk->call->tracee->pid, (int)walk->call->tracee->pid) > 0;
  return false;
}

/* The last name of the canonical path was just added. */
static int look_at_last(struct walk *walk, bool follows) {
  struct trace_path *out = walk->out;
  char target[PATH_MAX];
  bool is_last = walk->rest[strspn(walk->rest, "/")] == 0;
  int result = trace_space_host(walk->call->trace->space, out->guest, out->host, &out->read_only);
  if (result < 0 || (is_last && !follows)) return result;
  if (is_self(walk, target)) return follow(walk, target);
  ssize_t length = readlink(out->host, target, sizeof target - 1);
  if (length < 0) return 0; /* no link, or not there: whoever uses the path will see */
  target[length] = 0;
  if (process_prefix(out->host)) {
    /* Descriptors that are no paths, and files that have gone, are reached by the link itself. */
    if ((is_last && strstr(out->host, "/fd/")) || !trace_magic_link(walk->call, out->host, target)) return 0;
  }
  return follow(walk, target);
}

static int walk_on(struct walk *walk, bool follows) {
  struct trace_path *out = walk->out;
  char name[NAME_MAX + 1];
  for (;;) {
    char *at = walk->rest + strspn(walk->rest, "/");
    size_t length = strcspn(at, "/");
    if (length == 0) return 0;
    if (length > NAME_MAX) return -ENAMETOOLONG;
    memcpy(name, at, length);
    name[length] = 0;
    memmove(walk->rest, at + length, strlen(at + length) + 1);
    if (strcmp(name, ".") == 0) continue;
    if (strcmp(name, "..") == 0) {
      pop(out->guest);
      continue;
    }
    int result = push(out->guest, name, length);
    if (result == 0) result = look_at_last(walk, follows);
    if (result < 0) return result;
  }
}

int trace_resolve(struct trace_call *call, int directory, const char *path, bool follows, struct trace_path *out) {
  struct walk walk = {.call = call, .out = out};
  if (!*path) return -ENOENT;
  if (strlen(path) >= PATH_MAX) return -ENAMETOOLONG;
  strcpy(walk.rest, path);
  out->guest[0] = 0;
  if (path[0] != '/') {
    int result = start_of(call, directory, out->guest);
    if (result < 0) return result;
    if (strcmp(out->guest, "/") == 0) out->guest[0] = 0;
  }
  /* A slash at the end means what a link leads to, which must be a directory. */
  size_t length = strlen(path);
  bool slash = path[length - 1] == '/' || (length > 1 && strcmp(path + length - 2, "/.") == 0);
  int result = walk_on(&walk, follows || slash);
  if (result < 0) return result;
  result = trace_space_host(call->trace->space, out->guest, out->host, &out->read_only);
  if (result == 0 && slash && strlen(out->host) > 1 && strlen(out->host) + 2 < PATH_MAX) strcat(out->host, "/");
  if (!out->guest[0]) strcpy(out->guest, "/");
  return result;
}
