/* The file `state` of a container: MonitorState of core/container/record.ts as one JSON line. */
#ifndef CALA_STATE_H
#define CALA_STATE_H

#include <stdint.h>
#include <sys/types.h>
#include "timestamp.h"

#define STATE_BYTES 2048u

enum state_status { STATE_STARTING, STATE_RUNNING, STATE_PAUSED, STATE_EXITED, STATE_RESTARTING };
enum state_health { STATE_HEALTH_NONE, STATE_HEALTH_STARTING, STATE_HEALTH_HEALTHY, STATE_HEALTH_UNHEALTHY };

struct state {
  enum state_status status;
  char boot_id[40];
  pid_t monitor_pid;
  uint64_t monitor_start;
  pid_t pid;
  uint64_t pid_start;
  char started_at[TIMESTAMP_BYTES];
  char finished_at[TIMESTAMP_BYTES];
  int exit_code;
  int oom_killed;
  uint32_t restart_count;
  enum state_health health;
  uint32_t failing_streak;
  int stopped_by_user;
  char error[512];
};

/* Fills in who we are: boot id, pid and start time. 0 or -errno. */
int state_init(struct state *state);

/* The text of the file, padded with blanks to STATE_BYTES so that it can be overwritten in place on a full disk. */
void state_format(const struct state *state, char out[STATE_BYTES]);

/* Replaces the file `state` below dir_fd. 0 or -errno. */
int state_write(const struct state *state, int dir_fd);

/* The exit code in the file `state` below dir_fd if it says exited, else -1. */
int state_read_exit_code(int dir_fd);

/* What that file says of a container that runs: its monitor and its first process, with their start times. -ESRCH where it does not
 * run, or its monitor has gone. */
int state_read_running(int dir_fd, struct state *out);

/* Whether that file says that the container is paused. */
int state_is_paused(int dir_fd);

/* Whether that file tells of a container that has not ended and whose monitor lives. */
int state_is_live(int dir_fd);

/* "", "starting", "healthy" or "unhealthy". */
const char *state_health_name(enum state_health health);

/* Field 22 of /proc/PID/stat (pid 0: of this process), 0 where there is none or only a zombie. */
uint64_t state_process_start(pid_t pid);

#endif
