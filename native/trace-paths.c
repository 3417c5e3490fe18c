/* Calls that take paths, where there is no root of the container's own: each path is exchanged for the host's. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "trace.h"

#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#define NONE (-1)

/* When the last link is followed. */
enum follow { FOLLOW, NO_FOLLOW, FOLLOW_UNLESS_AT_FLAG, FOLLOW_IF_AT_FLAG, FOLLOW_BY_OPEN_FLAGS, FOLLOW_BY_WATCH_FLAGS };

struct path_call {
  long number;
  signed char path, directory;             /* arguments; NONE: the working directory */
  signed char second, second_directory;    /* of a second path; NONE: there is none */
  unsigned char follow, flags;             /* `flags`: the argument that says it */
  bool writes, creates;
};

static const struct path_call path_calls[] = {
#ifdef SYS_open
  {SYS_open, 0, NONE, NONE, NONE, FOLLOW_BY_OPEN_FLAGS, 1, false},
  {SYS_creat, 0, NONE, NONE, NONE, FOLLOW, 0, true, true},
  {SYS_mkdir, 0, NONE, NONE, NONE, NO_FOLLOW, 0, true, true},
  {SYS_rmdir, 0, NONE, NONE, NONE, NO_FOLLOW, 0, true},
  {SYS_unlink, 0, NONE, NONE, NONE, NO_FOLLOW, 0, true},
  {SYS_rename, 0, NONE, 1, NONE, NO_FOLLOW, 0, true},
  {SYS_link, 0, NONE, 1, NONE, NO_FOLLOW, 0, true},
  {SYS_symlink, 1, NONE, NONE, NONE, NO_FOLLOW, 0, true, true},
  {SYS_mknod, 0, NONE, NONE, NONE, NO_FOLLOW, 0, true, true},
  {SYS_chmod, 0, NONE, NONE, NONE, FOLLOW, 0, true},
  {SYS_utime, 0, NONE, NONE, NONE, FOLLOW, 0, true},
  {SYS_utimes, 0, NONE, NONE, NONE, FOLLOW, 0, true},
  {SYS_futimesat, 1, 0, NONE, NONE, FOLLOW, 0, true},
#endif
  {SYS_openat, 1, 0, NONE, NONE, FOLLOW_BY_OPEN_FLAGS, 2, false},
  {SYS_chdir, 0, NONE, NONE, NONE, FOLLOW, 0, false},
  {SYS_mkdirat, 1, 0, NONE, NONE, NO_FOLLOW, 0, true, true},
  {SYS_unlinkat, 1, 0, NONE, NONE, NO_FOLLOW, 0, true},
#ifdef SYS_renameat
  {SYS_renameat, 1, 0, 3, 2, NO_FOLLOW, 0, true},
#endif
  {SYS_renameat2, 1, 0, 3, 2, NO_FOLLOW, 0, true},
  {SYS_linkat, 1, 0, 3, 2, FOLLOW_IF_AT_FLAG, 4, true},
  {SYS_symlinkat, 2, 1, NONE, NONE, NO_FOLLOW, 0, true, true},
  {SYS_mknodat, 1, 0, NONE, NONE, NO_FOLLOW, 0, true, true},
  {SYS_fchmodat, 1, 0, NONE, NONE, FOLLOW, 0, true},
  {SYS_fchmodat2, 1, 0, NONE, NONE, FOLLOW_UNLESS_AT_FLAG, 3, true},
  {SYS_utimensat, 1, 0, NONE, NONE, FOLLOW_UNLESS_AT_FLAG, 3, true},
  {SYS_truncate, 0, NONE, NONE, NONE, FOLLOW, 0, true},
  {SYS_statfs, 0, NONE, NONE, NONE, FOLLOW, 0, false},
  {SYS_setxattr, 0, NONE, NONE, NONE, FOLLOW, 0, true},
  {SYS_lsetxattr, 0, NONE, NONE, NONE, NO_FOLLOW, 0, true},
  {SYS_getxattr, 0, NONE, NONE, NONE, FOLLOW, 0, false},
  {SYS_lgetxattr, 0, NONE, NONE, NONE, NO_FOLLOW, 0, false},
  {SYS_listxattr, 0, NONE, NONE, NONE, FOLLOW, 0, false},
  {SYS_llistxattr, 0, NONE, NONE, NONE, NO_FOLLOW, 0, false},
  {SYS_removexattr, 0, NONE, NONE, NONE, FOLLOW, 0, true},
  {SYS_lremovexattr, 0, NONE, NONE, NONE, NO_FOLLOW, 0, true},
  {SYS_inotify_add_watch, 1, NONE, NONE, NONE, FOLLOW_BY_WATCH_FLAGS, 2, false},
};

static const struct path_call *find_call(long number) {
  for (size_t i = 0; i < sizeof path_calls / sizeof *path_calls; i++)
    if (path_calls[i].number == number) return &path_calls[i];
  return NULL;
}

static bool follows(struct trace_call *call, const struct path_call *rule) {
  int flags = (int)trace_argument(call->registers, rule->flags);
  switch (rule->follow) {
    case NO_FOLLOW: return false;
    case FOLLOW_UNLESS_AT_FLAG: return !(flags & AT_SYMLINK_NOFOLLOW);
    case FOLLOW_IF_AT_FLAG: return flags & AT_SYMLINK_FOLLOW;
    case FOLLOW_BY_OPEN_FLAGS: return !(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
    case FOLLOW_BY_WATCH_FLAGS: return !(flags & IN_DONT_FOLLOW);
    default: return true;
  }
}

static bool writes(struct trace_call *call, const struct path_call *rule) {
  int flags = (int)trace_argument(call->registers, rule->flags);
  return rule->writes || (rule->follow == FOLLOW_BY_OPEN_FLAGS && ((flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC))));
}

/* One path argument. The last link stays unfollowed in the host's path, too: what it leads to was found here. */
static int exchange(struct trace_call *call, int argument, int directory, bool follow, bool writing, bool creating) {
  char text[PATH_MAX];
  struct trace_path path;
  uint64_t address = trace_argument(call->registers, argument), place;
  int from = directory == NONE ? AT_FDCWD : (int)trace_argument(call->registers, directory);
  if (address == 0) return TRACE_PASS;
  int result = trace_read_string(call->tracee->pid, address, text, sizeof text);
  if (result < 0) return result;
  if (!*text) return TRACE_PASS; /* AT_EMPTY_PATH, or the kernel's own refusal */
  result = trace_resolve(call, from, text, follow, &path);
  if (result < 0) return result;
  if (writing && path.read_only) return -EROFS;
  if (strcmp(text, path.host) == 0) return TRACE_PASS;
  if (creating) trace_note_creation(call, path.host);
  result = trace_put(call, path.host, strlen(path.host) + 1, &place);
  if (result < 0) return result;
  *trace_slot(call->registers, argument) = place;
  call->tracee->path_places[call->tracee->path_places[0] ? 1 : 0] = place;
  return TRACE_REWRITTEN;
}

static int rewrite_paths(struct trace_call *call) {
  const struct path_call *rule = find_call(trace_number(call->registers));
  bool writing = writes(call, rule);
  bool creating = rule->creates || (rule->follow == FOLLOW_BY_OPEN_FLAGS && (trace_argument(call->registers, rule->flags) & O_CREAT));
  memset(call->tracee->path_places, 0, sizeof call->tracee->path_places);
  int first = exchange(call, rule->path, rule->directory, follows(call, rule), writing, creating);
  if (first < 0 || rule->second == NONE) return first;
  int second = exchange(call, rule->second, rule->second_directory, false, writing, false);
  return second < 0 ? second : first > second ? first : second;
}

/* With paths as they are, a file that is made by another user than root is looked at only so that it will be that user's. */
static int note_creation(struct trace_call *call) {
  const struct path_call *rule = find_call(trace_number(call->registers));
  char text[PATH_MAX];
  struct trace_path path;
  if (call->tracee->ids.fsuid == 0 && call->tracee->ids.fsgid == 0) return TRACE_PASS;
  if (!rule->creates && !(trace_argument(call->registers, rule->flags) & O_CREAT)) return TRACE_PASS;
  int from = rule->directory == NONE ? AT_FDCWD : (int)trace_argument(call->registers, rule->directory);
  if (trace_read_string(call->tracee->pid, trace_argument(call->registers, rule->path), text, sizeof text) < 0) return TRACE_PASS;
  if (trace_resolve(call, from, text, follows(call, rule), &path) < 0) return TRACE_PASS;
  trace_note_creation(call, path.host);
  return call->tracee->created ? TRACE_REWRITTEN : TRACE_PASS;
}

trace_handler trace_creation_handler(long number) {
  const struct path_call *rule = find_call(number);
  return rule && (rule->creates || rule->follow == FOLLOW_BY_OPEN_FLAGS) ? note_creation : NULL;
}

static int answer_text(struct trace_call *call, int argument, const char *text, size_t length) {
  call->answer = (long)length;
  return trace_write(call->tracee->pid, trace_argument(call->registers, argument), text, length) < 0 ? -EFAULT : TRACE_ANSWER;
}

static int call_getcwd(struct trace_call *call) {
  char link[32], host[PATH_MAX], guest[PATH_MAX];
  snprintf(link, sizeof link, "/proc/%d/cwd", (int)call->tracee->pid);
  ssize_t length = readlink(link, host, sizeof host - 1);
  if (length < 0) return -errno;
  host[length] = 0;
  if (access(host, F_OK) < 0 || !trace_space_guest(call->trace->space, host, guest)) return -ENOENT;
  size_t size = strlen(guest) + 1;
  return size > trace_argument(call->registers, 1) ? -ERANGE : answer_text(call, 0, guest, size);
}

static int read_link(struct trace_call *call, int directory, int argument) {
  char text[PATH_MAX], target[PATH_MAX];
  struct trace_path path;
  size_t room = (size_t)trace_argument(call->registers, argument + 2);
  int result = trace_read_string(call->tracee->pid, trace_argument(call->registers, argument), text, sizeof text);
  if (result == 0) result = *text ? trace_resolve(call, directory, text, false, &path) : TRACE_PASS;
  if (result < 0 || !*text) return result;
  ssize_t length = readlink(path.host, target, sizeof target - 1);
  if (length < 0) return -errno;
  target[length] = 0;
  if (strcmp(path.host, "/proc/self") == 0) snprintf(target, sizeof target, "%d", (int)call->tracee->pid);
  else if (strncmp(path.host, "/proc/", 6) == 0 && target[0] == '/') trace_magic_link(call, path.host, target);
  size_t size = strlen(target);
  return answer_text(call, argument + 1, target, size < room ? size : room);
}

static int call_readlinkat(struct trace_call *call) {
  return read_link(call, (int)trace_argument(call->registers, 0), 1);
}

#ifdef SYS_readlink
static int call_readlink(struct trace_call *call) {
  return read_link(call, AT_FDCWD, 0);
}
#endif

static int call_uname(struct trace_call *call) {
  struct utsname names;
  if (!*call->trace->space->hostname) return TRACE_PASS;
  if (uname(&names) < 0) return -errno;
  snprintf(names.nodename, sizeof names.nodename, "%s", call->trace->space->hostname);
  call->answer = 0;
  return trace_write(call->tracee->pid, trace_argument(call->registers, 0), &names, sizeof names) < 0 ? -EFAULT : TRACE_ANSWER;
}

trace_handler trace_path_handler(long number) {
  switch (number) {
    case SYS_getcwd: return call_getcwd;
    case SYS_readlinkat: return call_readlinkat;
#ifdef SYS_readlink
    case SYS_readlink: return call_readlink;
#endif
    case SYS_faccessat:
    case SYS_faccessat2: return trace_access_call;
#ifdef SYS_access
    case SYS_access: return trace_access_call;
#endif
    case SYS_uname: return call_uname;
    case SYS_execve:
    case SYS_execveat: return trace_exec_call;
    case SYS_bind:
    case SYS_connect: return trace_socket_call;
    default: return find_call(number) ? rewrite_paths : NULL;
  }
}
