/* What root may and the user may not do to files that are the user's: open those that are closed to their owner, find every access granted;
 * and that a file made by another user of the container belongs to that one. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "trace.h"

struct loan {
  struct loan *next;
  mode_t mode;
  char path[];
};

static int change_mode(const char *path, mode_t mode) {
  char link[32];
  AUTO_CLOSE int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return -errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  return chmod(link, mode) < 0 ? -errno : 0;
}

/* Gives the owner of one file or directory what root would have. */
static bool lend(struct trace *trace, struct tracee *tracee, const char *path) {
  struct stat status;
  if (lstat(path, &status) < 0 || status.st_uid != trace->own_uid) return false;
  mode_t wanted = S_ISDIR(status.st_mode) ? 0700 : S_ISREG(status.st_mode) ? 0600 : 0;
  if ((status.st_mode & wanted) == wanted) return false;
  struct loan *loan = malloc(sizeof *loan + strlen(path) + 1);
  if (!loan) return false;
  strcpy(loan->path, path);
  loan->mode = status.st_mode & 07777;
  if (change_mode(path, loan->mode | wanted) < 0) return free(loan), false;
  loan->next = tracee->loans;
  tracee->loans = loan;
  return true;
}

bool trace_lend(struct trace *trace, struct tracee *tracee) {
  bool lent = false;
  if (tracee->ids.euid != 0 || tracee->loans) return false;
  for (int i = 0; i < 2; i++) {
    char path[PATH_MAX];
    if (!tracee->path_places[i] || trace_read_string(tracee->pid, tracee->path_places[i], path, sizeof path) < 0) continue;
    lent |= lend(trace, tracee, path);
    char *slash = strrchr(path, '/');
    if (!slash || slash == path) continue;
    *slash = 0;
    lent |= lend(trace, tracee, path);
  }
  return lent;
}

void trace_take_back(struct tracee *tracee) {
  while (tracee->loans) {
    struct loan *loan = tracee->loans;
    tracee->loans = loan->next;
    struct stat status;
    /* A mode that was changed meanwhile stays. */
    if (lstat(loan->path, &status) == 0 && (status.st_mode & 07777) == (loan->mode | (S_ISDIR(status.st_mode) ? 0700u : 0600u))) change_mode(loan->path, loan->mode);
    free(loan);
  }
}

/* 0: granted; 1: the kernel decides. */
static int root_may(const struct trace_call *call, const char *path, int mode) {
  struct stat status;
  if (call->tracee->ids.euid != 0 || stat(path, &status) < 0 || status.st_uid != call->trace->own_uid) return 1;
  return (mode & X_OK) && !S_ISDIR(status.st_mode) && !(status.st_mode & 0111) ? 1 : 0;
}

static int access_of(struct trace_call *call, int directory, int argument) {
  char text[PATH_MAX];
  struct trace_path path;
  int mode = (int)trace_argument(call->registers, argument + 1);
  int result = trace_read_string(call->tracee->pid, trace_argument(call->registers, argument), text, sizeof text);
  if (result == 0 && !*text) return TRACE_PASS;
  if (result == 0) result = trace_resolve(call, directory, text, true, &path);
  if (result < 0) return result;
  if ((mode & W_OK) && path.read_only) return -EROFS;
  call->answer = 0;
  if (root_may(call, path.host, mode) == 0 || access(path.host, mode) == 0) return TRACE_ANSWER;
  return -errno;
}

int trace_access_call(struct trace_call *call) {
#ifdef SYS_access
  if (trace_number(call->registers) == SYS_access) return access_of(call, AT_FDCWD, 0);
#endif
  return access_of(call, (int)trace_argument(call->registers, 0), 1);
}

void trace_note_creation(struct trace_call *call, const char *host) {
  const struct trace_ids *ids = &call->tracee->ids;
  struct stat status;
  free(call->tracee->created);
  call->tracee->created = NULL;
  if ((ids->fsuid || ids->fsgid) && lstat(host, &status) < 0 && errno == ENOENT) call->tracee->created = strdup(host);
}

void trace_own_creation(struct tracee *tracee, bool succeeded) {
  if (tracee->created && succeeded) trace_owner_set(tracee->created, false, tracee->ids.fsuid, tracee->ids.fsgid);
  free(tracee->created);
  tracee->created = NULL;
}
