/* What the ops of one launch share. Made by container-start.c and exec.c; a forked child works on its own copy. */
#ifndef CALA_LAUNCH_H
#define CALA_LAUNCH_H

#include <stdbool.h>

#include "cleanup.h"
#include "container.h"
#include "plan-ops.h"
#include "sys.h"

#define LAUNCH_MAX_CGROUPS 16

struct launch {
  const struct plan *plan;
  struct report *report;
  struct container_io io;

  /* host */
  struct container_process *process;
  int cgroup_fds[LAUNCH_MAX_CGROUPS]; /* cgroup.procs files, open for the child's pid */
  int cgroup_count;
  int helper_ready[CONTAINER_MAX_HELPERS]; /* pipe end of a byte, socket of routes, else -1 */
  int helper_words[CONTAINER_MAX_HELPERS]; /* the helpers' standard error */
  char note[256]; /* what the user should know of a helper that works */
  pid_t network_holder; /* shows the container's network where its first process must not; 0: none */
  int borrowed; /* a mount of another container's; or -1 */

  /* setup */
  int secrets;  /* their memory (secrets.h); or -1 */
  char **secret_variables; /* NAME=VALUE of those that become variables */
  uint32_t secret_count;
  int root;     /* O_PATH: the container's root */
  int null_fd;  /* the host's /dev/null, checked, for masking files */
  struct sources *sources; /* NULL where the container's root is the user who started it */
  bool pivoted;
  int pty_master;
  int pty_slave;

  /* enter */
  char **environment;
  char home[256];
  const char *directory; /* working directory that could not be entered as root */
  int self;     /* this program, for --init */
  int state_dir; /* of an exec: the container's directory, which tells whether it is paused; else -1 */
  int sync;     /* in the child: its end of the socket pair; at its end when the monitor is gone */
};

void launch_init(struct launch *launch, const struct plan *plan, struct report *report);

/* Fills the report and returns -error. `text` may be NULL to keep what an op has written there. */
int report_fill(struct report *report, uint32_t stage, uint32_t op_index, int error, const char *text);

/* Adds a sentence to the report of the running op. */
void launch_explain(struct launch *launch, const char *text, const char *more);

/* /dev/null of the root that this process has now, and no link or file that only bears the name (CVE-2025-31133). fd or -errno. */
int open_null(int flags);

/* Runs all ops of a section; on failure the report has the stage, the op and the errno. */
int launch_run_section(struct launch *launch, unsigned section, uint32_t stage);

#define DECLARE_OP(name) int run_##name(struct launch *launch, const struct plan_op *op)
DECLARE_OP(cgroup_create);
DECLARE_OP(cgroup_write);
DECLARE_OP(cgroup_join);
DECLARE_OP(owner);
DECLARE_OP(borrow_mount);
DECLARE_OP(mount_borrowed);
DECLARE_OP(spawn);
DECLARE_OP(network_join);
DECLARE_OP(root_overlay);
DECLARE_OP(root_bind);
DECLARE_OP(mount_filesystem);
DECLARE_OP(mount_bind);
DECLARE_OP(mount_overlay);
DECLARE_OP(mount_owner);
DECLARE_OP(account);
DECLARE_OP(copy_volume);
DECLARE_OP(secret);
DECLARE_OP(secret_variable);
DECLARE_OP(symlink);
DECLARE_OP(make_directory);
DECLARE_OP(make_file);
DECLARE_OP(terminal);
DECLARE_OP(hostname);
DECLARE_OP(domainname);
DECLARE_OP(loopback_up);
DECLARE_OP(oom_score);
DECLARE_OP(sysctl);
DECLARE_OP(read_only_path);
DECLARE_OP(mask_path);
DECLARE_OP(pivot_root);
DECLARE_OP(root_read_only);
DECLARE_OP(translate_root);
DECLARE_OP(translate_bind);
DECLARE_OP(translate);
DECLARE_OP(rlimit);
DECLARE_OP(umask);
DECLARE_OP(environment);
DECLARE_OP(working_directory);
DECLARE_OP(bounding_capabilities);
DECLARE_OP(user);
DECLARE_OP(mount_subpath);
DECLARE_OP(mount_layers);
DECLARE_OP(apparmor);
DECLARE_OP(selinux);
DECLARE_OP(personality);
DECLARE_OP(hook);
DECLARE_OP(seccomp);
DECLARE_OP(capabilities);
DECLARE_OP(no_new_privileges);
DECLARE_OP(exec);
DECLARE_OP(unlink);
DECLARE_OP(remove_links);
DECLARE_OP(remove_tree);

/* op-root.c: a mounted stack of directories, as a descriptor; *attached when an old kernel could only mount it at `target` at once. */
struct overlay_stack {
  struct plan_list lowers;
  const char *upper, *work, *target;
  struct plan_list options;
};
int overlay_mount(struct launch *launch, const struct overlay_stack *stack, bool *attached);

/* sources.c: what is mounted, opened as the user who started the container, before this process becomes another. */
int sources_open(struct launch *launch);
/* What the running op mounts or fills, which is the caller's then: a descriptor or -errno. */
int source_take(struct launch *launch, const struct plan_op *op);
/* The descriptor of a directory that was opened so, or -1: then it can be reached by its name. */
int source_directory(const struct launch *launch, const char *path);

/* op-spawn.c */
int helpers_spawn(struct launch *launch, unsigned when, pid_t container);
int helpers_wait(struct launch *launch, unsigned when);
void helpers_stop(struct container_process *process);
bool helpers_restart(struct container_process *process);
void helpers_halt(struct container_process *process);

/* namespaces.c: clones the container's first process into the namespaces that the plan asks for. Returns 0 in the child, the pid
 * in the caller. `nested` tells whether it has its own user namespace. */
pid_t namespaces_clone(struct launch *launch, bool *nested);
/* Ends and reaps the process that shows the network; 0: there is none. */
void namespaces_end_holder(pid_t holder);
int namespaces_write_maps(struct launch *launch, pid_t pid);

/* launch-child.c: what the child does after the fork, up to exec. Never returns. `sync` is its end of the socket pair. */
_Noreturn void launch_child(struct launch *launch, int sync, int report_pipe);
/* The caller's side, up to the exec. */
int launch_parent(struct launch *launch, pid_t child, int sync, int report_pipe, bool nested);

/* A further process of the running container whose directory is `dir_fd`, as a child of the caller; -1 as *pty_master without a terminal. */
int launch_exec(const struct plan *plan, const struct container_io *io, int dir_fd, pid_t *pid, int *pty_master, struct report *report);

/* container-restore.c: where the child has become CRIU (op `restore`), waits for its end and puts the process that it brought back, which
 * is its sibling, in its place; -1 where there is none. Otherwise does nothing. */
int restore_adopt(struct launch *launch, pid_t *child);

/* Field 22 of /proc/PID/stat, 0 when there is no such process. */
uint64_t process_start_time(pid_t pid);

#endif
