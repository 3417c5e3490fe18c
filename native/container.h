/* Starting one container from a validated plan: the seam between the launch code (plan, ops, namespaces) and the monitor. */
#ifndef CALA_CONTAINER_H
#define CALA_CONTAINER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "event.h"

#include "resolver-file.h"

struct handed;
struct memberships;
struct plan;

enum report_stage {
  REPORT_STARTED = 0,  /* the container's first program has been executed */
  REPORT_PLAN = 1,     /* the plan was refused by the reader; op_index is a byte offset */
  REPORT_USERNS = 2,   /* the outer user namespace could not be joined or made */
  REPORT_HOST = 3,     /* an op of the host section failed */
  REPORT_CLONE = 4,    /* the container's namespaces could not be made */
  REPORT_SETUP = 5,    /* an op of the setup section failed */
  REPORT_ENTER = 6,    /* an op of the enter section failed, exec included: ENOENT is 127, EACCES and ENOEXEC 126 */
  REPORT_HELPER = 7,   /* a network or file system helper ended or said no; text holds its last words */
  REPORT_MONITOR = 8,  /* the monitor itself: socket, log, state */
};

struct report {
  uint32_t stage;
  uint32_t op_index; /* index over all ops of the plan, for core/plan/origin */
  int32_t error;     /* errno, positive; 0 when started */
  uint32_t pid;
  char text[512]; /* NUL-terminated; a helper's last words, what the user should know of one that works, or empty */
};

struct container_io {
  int stdin_fd;  /* what the container gets as descriptors 0, 1, 2; -1 means /dev/null. Ignored with a terminal. */
  int stdout_fd;
  int stderr_fd;
  uint16_t rows; /* of its terminal; 0: what the plan says */
  uint16_t columns;
  struct memberships *networks; /* joined before the program is executed; NULL: none */
  int secrets;                  /* the memory of its secrets (secrets.h); 0 or less: none */
  const struct handed *handed;  /* what it gets beyond descriptor 2; NULL: nothing */
  bool is_off;                  /* its networks are planned, but neither joined nor served before it is put on one */
};

#define CONTAINER_MAX_HELPERS 8

struct container_process {
  pid_t pid;          /* the container's init, in our pid namespace */
  int pidfd;          /* becomes readable when it ends; reap with waitid(P_PIDFD) or waitpid */
  uint64_t pid_start; /* field 22 of /proc/PID/stat */
  int pty_master;     /* -1 without a terminal; opened on the container's own devpts */
  int helper_count;
  pid_t helpers[CONTAINER_MAX_HELPERS]; /* to be killed when the container has ended; -1: reaped already */
  uint32_t helper_ops[CONTAINER_MAX_HELPERS]; /* of the plan */
  bool helper_ends_alone[CONTAINER_MAX_HELPERS]; /* its end need not be awaited */
  int helper_fds[CONTAINER_MAX_HELPERS][2]; /* what they write, and the pipe whose end tells them that we are gone */
  const struct plan *plan; /* that it was started from; for the end */
};

/* Runs host section, clone, id maps, setup, helpers and enter. The caller's process is single threaded and already in the
 * outer user namespace with a mount namespace of its own. Returns 0 when the program was executed, else -errno with *report
 * filled and everything that was started undone. May be called again for a restart. */
int container_start(const struct plan *plan, const struct container_io *io, struct container_process *out, struct report *report);

/* Stops everything in the container, or lets it go on: with the cgroup freezer, else by signals. 0 or -errno; -EOPNOTSUPP where the container
 * has neither a cgroup nor a pid namespace of its own. */
int container_halt(const struct container_process *process, bool wanted);

/* Kills and reaps the helpers of a container that has ended and undoes host mounts. */
void container_stop_helpers(struct container_process *process);

/* Starts those that have ended though the container needs them, if they can be started beside it: what its network is made of. False: some of them
 * could not be. */
bool container_restart_helpers(struct container_process *process);
/* Ends those of the network: the container has none until they are started again. */
void container_halt_helpers(struct container_process *process);

/* Runs one probe to its end: the exec plan in the file `name` below dir_fd, completed with the pids of `state`. What it writes is read
 * into `output`, of which `length` tells the bytes. Returns its exit code, -ETIMEDOUT when it was killed for taking too long, or another
 * -errno with the report filled. Called in a process of its own. */
struct state;
struct probe_output {
  char *text;
  size_t size, length;
};
int container_probe(int dir_fd, const char *name, const struct state *state, uint32_t timeout_ms, struct probe_output *output, struct report *report);

/* Runs the cleanup section (--rm): best effort, every op is tried. Returns the first error. */
int container_cleanup(const struct plan *plan);

/* Joins the outer user namespace of this user, or makes it (newuidmap, newgidmap) when no process lives in it; then makes an own
 * mount namespace with private propagation. runtime_dir holds the files PID-STARTTIME. Registers the calling process there;
 * userns_leave removes its file. */
int userns_enter_outer(const char *runtime_dir, const struct plan *plan, struct report *report);
void userns_leave(void);

/* Re-executes this program from a copy that nobody else runs, unless it already does (CVE-2019-5736): sealed memory, else an unnamed file
 * in `dir`. */
int seal_self(char **argv, const char *dir);
/* The same from the copy of another process that is noted in the directory `registry` (see userns.c): all of a user's monitors share one.
 * Returns where there is none, or this is one. */
void seal_self_as(const char *registry, char **argv);

/* Reads and validates a plan; the memory belongs to the caller (plan_free). Errors: report stage REPORT_PLAN. */
int plan_read_file(const char *path, struct plan **out, struct report *report);
int plan_read_fd(int fd, struct plan **out, struct report *report);
void plan_free(struct plan *plan);

/* A probe that the monitor runs again and again. */
struct check_settings {
  const char *exec_plan; /* the file of its plan, below the container's directory; NULL: there is no such check */
  uint32_t interval_ms;  /* 0: only when asked for */
  uint32_t timeout_ms;
  uint32_t retries;      /* failures in a row that decide; 0: never */
};

struct health_settings {
  struct check_settings regular;
  struct check_settings startup; /* until it has succeeded often enough, the regular one does not run */
  uint32_t startup_successes;
  uint32_t start_period_ms;      /* failures before its end do not count */
  uint32_t start_interval_ms;    /* between probes meanwhile */
  uint32_t on_failure;           /* PLAN_HEALTH_FAILURE_* */
  const char *log;               /* file of the last probes, "": none */
  uint32_t log_count;            /* probes kept there; 0: all */
  uint32_t log_bytes;            /* of one probe's output; 0: all, within reason */
};

/* The settings records of the plan, for the monitor. Strings point into the plan. */
struct monitor_settings {
  const char *container_id;
  const char *log_path;       /* "" : no log */
  uint64_t log_max_bytes;     /* 0: unlimited */
  uint32_t log_max_files;
  uint32_t flags;             /* MONITOR_* */
  uint32_t stop_signal;
  uint32_t stop_timeout_ms;
  uint32_t restart_policy;    /* 0 no, 1 on-failure, 2 always, 3 unless-stopped */
  uint32_t restart_maximum;   /* 0: no maximum */
  uint32_t timeout_ms;        /* --timeout: kill after; 0: never */
  struct event_sink events;
  struct health_settings health;
  const char *log_attributes; /* of each record of a log file, or "" */
  const char *journal_socket; /* "" : no journal */
  const char *journal_fields;
  const char *notify_socket;  /* of the service manager that waits */
  uint32_t notify_mode;       /* PLAN_NOTIFY_* */
  const char *pid_file;       /* "" : none */
  const char *monitor_pid_file;
  struct resolver_rules resolver;
  uint32_t lease_pid;         /* 0: none; else the container ends with this process */
  uint64_t lease_start;       /* its field 22 of /proc/PID/stat */
  bool starts_off;            /* it has left its last network: its way out waits for the next one */
};
#define MONITOR_TTY 1u
#define MONITOR_STDIN 2u      /* keep standard input open */
#define MONITOR_REMOVE 4u     /* --rm */
#define MONITOR_STDIN_ONCE 8u /* close stdin when the first client that sent input leaves */

void plan_events(const struct plan *plan, struct event_sink *out);
void plan_settings(const struct plan *plan, struct monitor_settings *out);

#endif
