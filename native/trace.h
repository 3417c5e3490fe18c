/* A supervisor of processes by ptrace(2), for hosts where the kernel gives no namespaces, or one id only. The supervisor is the container's
 * first process; it answers system calls about identities and owners as root of a machine would see them, and, without namespaces,
 * translates every path to one below the container's root. Only the calls of trace-filter.c stop; all others run at full speed. */
#ifndef CALA_TRACE_H
#define CALA_TRACE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "trace-registers.h"

/* One place of the container and the path of the host behind it. The root is the one with an empty guest path. */
struct trace_bind {
  const char *guest, *host;
  size_t guest_length, host_length;
  bool read_only;
};

struct trace_space {
  struct trace_bind *binds;
  size_t count;
  bool translates;      /* false: paths are the container's own, identities alone are answered */
  bool no_new_privileges;
  bool without_network;
  const char *alias;    /* a short link to the root, for addresses of sockets; or "" */
  const char *hostname; /* or "": the host's */
};

int trace_space_add(struct trace_space *space, const char *guest, const char *host, bool read_only);
/* The host's path of a canonical path of the container. -ENAMETOOLONG. */
int trace_space_host(const struct trace_space *space, const char *guest, char *out, bool *read_only);
/* The container's path of a path of the host; false where the container has none. */
bool trace_space_guest(const struct trace_space *space, const char *host, char *out);

#define TRACE_MAX_GROUPS 64

struct trace_ids {
  uid_t uid, euid, suid, fsuid;
  gid_t gid, egid, sgid, fsgid;
  bool keeps_powers; /* prctl(PR_SET_KEEPCAPS): what root may is still allowed after a change of user */
  int group_count;
  gid_t groups[TRACE_MAX_GROUPS];
};

/* What the threads of a process share. */
struct trace_group {
  int members;
  char *program; /* the container's path of what it runs; NULL: unknown */
  uint64_t *free; /* memory for paths that threads have left */
  size_t free_count;
};

enum trace_step { TRACE_STEP_NONE, TRACE_STEP_MAP, TRACE_STEP_RESTORE };

struct tracee {
  struct tracee *next;
  pid_t pid;
  bool is_waiting; /* it has stopped before its parent told of it */
  struct trace_ids ids;
  struct trace_group *group;
  enum trace_step step;
  struct trace_registers saved;
  uint64_t scratch; /* memory in the tracee, for rewritten paths; 0: none yet */
  size_t scratch_bytes, scratch_wanted;
  char *next_program; /* of an execve that is under way */
  uint64_t path_places[2]; /* the rewritten paths of the call, in the tracee */
  char *created;           /* a path that was not there before the call */
  struct loan *loans;      /* permissions that files have for this call only */
};

struct trace {
  const struct trace_space *space;
  pid_t first;
  uid_t own_uid; /* to whom files belong that nobody has given away */
  struct tracee *tracees[256];
};

/* One system call at its beginning. */
struct trace_call {
  struct trace *trace;
  struct tracee *tracee;
  struct trace_registers *registers;
  size_t used; /* of the scratch memory */
  long answer;
};

/* What a handler wants; -errno is an answer, too. */
enum trace_outcome { TRACE_PASS, TRACE_ANSWER, TRACE_REWRITTEN };
#define TRACE_NEEDS_MEMORY (-100000)

typedef int (*trace_handler)(struct trace_call *call);

/* trace-memory.c: 0 or -errno; a string longer than `size` is -ENAMETOOLONG. */
int trace_read(pid_t pid, uint64_t address, void *out, size_t length);
int trace_write(pid_t pid, uint64_t address, const void *data, size_t length);
int trace_read_string(pid_t pid, uint64_t address, char *out, size_t size);
/* Puts bytes into the scratch memory and tells where; TRACE_NEEDS_MEMORY when it has to be made first. */
int trace_put(struct trace_call *call, const void *data, size_t length, uint64_t *address);

/* trace-resolve.c: a path as the tracee gives it → its canonical path in the container and the host's path, all links resolved but, without
 * `follow`, the last. `directory` is a descriptor or AT_FDCWD. */
struct trace_path {
  char guest[PATH_MAX], host[PATH_MAX];
  bool read_only;
};
int trace_resolve(struct trace_call *call, int directory, const char *path, bool follow, struct trace_path *out);
/* What a link below /proc shows, as the container's path; false where it is no path. */
bool trace_magic_link(struct trace_call *call, const char *host, char *out);

/* trace-owners.c: who owns what, noted in an attribute of the file, else in memory. `path` is the host's. */
void trace_owner_get(const char *path, bool follow, uint64_t device, uint64_t inode, uint32_t mode, uid_t *uid, gid_t *gid);
int trace_owner_set(const char *path, bool follow, uid_t uid, gid_t gid);

/* trace-tracees.c */
struct tracee *trace_find(struct trace *trace, pid_t pid);
struct tracee *trace_add(struct trace *trace, pid_t pid);
void trace_remove(struct trace *trace, pid_t pid);
/* The child that `parent` has made begins with what its parent has. */
void trace_inherit(struct tracee *child, const struct tracee *parent, uint64_t clone_flags);
void trace_executed(struct trace *trace, struct tracee *tracee);

/* trace-powers.c: a call that was refused may be repeated when this returns true; the loans are taken back after it. */
bool trace_lend(struct trace *trace, struct tracee *tracee);
void trace_take_back(struct tracee *tracee);
int trace_access_call(struct trace_call *call);
void trace_note_creation(struct trace_call *call, const char *host);
void trace_own_creation(struct tracee *tracee, bool succeeded);

/* The handlers, by system call: NULL where a call passes. */
trace_handler trace_path_handler(long number);
trace_handler trace_identity_handler(long number);
trace_handler trace_file_handler(long number);
/* Calls that may make files; those that open are of interest with O_CREAT only. */
trace_handler trace_creation_handler(long number);
int trace_exec_call(struct trace_call *call);
int trace_socket_call(struct trace_call *call);

/* trace-filter.c: has the kernel stop this process and all that come of it at the calls that have handlers. 0 or -errno. */
int trace_filter_install(const struct trace_space *space);

/* trace-loop.c: supervises `first`, which has stopped for it, until it ends; then ends like it. */
_Noreturn void trace_supervise(const struct trace_space *space, pid_t first);

/* landlock.c: this process and its children can open nothing but what the space has. Returns the kernel's version of landlock, 0 for none,
 * or -errno. */
int landlock_wall(const struct trace_space *space);

/* op-translate.c: from here on this process is supervised; returns in it. */
struct launch;
int trace_begin(struct launch *launch, const struct trace_space *space);
/* The same with the paths as they are. */
int identities_begin(struct launch *launch);

#endif
