/* Writing and reading the state file of a container. */
#define _GNU_SOURCE
#include "state.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const status_names[] = {"starting", "running", "paused", "exited", "restarting"};
static const char *const health_names[] = {"", "starting", "healthy", "unhealthy"};

static int read_small_file(int dir_fd, const char *path, char *out, size_t size)
{
  int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  ssize_t length = read(fd, out, size - 1);
  int error = errno;
  close(fd);
  if (length < 0) return -error;
  out[length] = '\0';
  return (int)length;
}

uint64_t state_process_start(pid_t pid)
{
  char path[64], text[1024];
  if (pid == 0) strcpy(path, "/proc/self/stat");
  else snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  if (read_small_file(AT_FDCWD, path, text, sizeof text) < 0) return 0;
  char *at = strrchr(text, ')'); /* the program's name may hold blanks and parentheses */
  if (at != NULL && at[1] == ' ' && (at[2] == 'Z' || at[2] == 'X')) return 0; /* dead, and not yet reaped */
  for (int field = 2; at != NULL && field < 22; field++) at = strchr(at + 1, ' ');
  return at == NULL ? 0 : strtoull(at + 1, NULL, 10);
}

const char *state_health_name(enum state_health health)
{
  return health_names[health];
}

int state_init(struct state *state)
{
  memset(state, 0, sizeof *state);
  int length = read_small_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", state->boot_id, sizeof state->boot_id);
  if (length < 0) return length;
  state->boot_id[strcspn(state->boot_id, "\n")] = '\0';
  state->monitor_pid = getpid();
  state->monitor_start = state_process_start(0);
  return 0;
}

/* Escapes for JSON; bytes that are no printable ASCII become '?', because a helper's last words can be anything. */
static void put_text(char *out, size_t size, const char *text)
{
  size_t at = 0;
  for (; *text != '\0' && at + 3 < size; text++) {
    unsigned char byte = (unsigned char)*text;
    if (byte == '"' || byte == '\\') out[at++] = '\\';
    if (byte == '\n' || byte == '\t') byte = ' ';
    out[at++] = byte < 0x20 || byte > 0x7e ? '?' : (char)byte;
  }
  out[at] = '\0';
}

void state_format(const struct state *state, char out[STATE_BYTES])
{
  char error[sizeof state->error * 2];
  put_text(error, sizeof error, state->error);
  int length = snprintf(out, STATE_BYTES,
    "{\"status\":\"%s\",\"bootId\":\"%s\",\"monitorPid\":%d,\"monitorStart\":%llu,\"pid\":%d,\"pidStart\":%llu,"
    "\"startedAt\":\"%s\",\"finishedAt\":\"%s\",\"exitCode\":%d,\"oomKilled\":%s,\"restartCount\":%u,\"health\":\"%s\",\"failingStreak\":%u,"
    "\"stoppedByUser\":%s,\"error\":\"%s\"}",
    status_names[state->status], state->boot_id, (int)state->monitor_pid, (unsigned long long)state->monitor_start,
    (int)state->pid, (unsigned long long)state->pid_start, state->started_at, state->finished_at, state->exit_code,
    state->oom_killed ? "true" : "false", (unsigned)state->restart_count, state_health_name(state->health), (unsigned)state->failing_streak,
    state->stopped_by_user ? "true" : "false", error);
  memset(out + length, ' ', STATE_BYTES - 1 - (size_t)length);
  out[STATE_BYTES - 1] = '\n';
}

static int state_write_whole(int dir_fd, const char *name, int flags, const char *text)
{
  int fd = openat(dir_fd, name, flags | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return -errno;
  ssize_t wrote = write(fd, text, STATE_BYTES);
  int error = wrote < 0 ? errno : ENOSPC;
  close(fd);
  return wrote == (ssize_t)STATE_BYTES ? 0 : -error;
}

int state_write(const struct state *state, int dir_fd)
{
  char text[STATE_BYTES];
  state_format(state, text);
  int result = state_write_whole(dir_fd, "state.tmp", O_CREAT | O_TRUNC, text);
  if (result == 0 && renameat(dir_fd, "state.tmp", dir_fd, "state") == 0) return 0;
  if (result == 0) result = -errno;
  unlinkat(dir_fd, "state.tmp", 0);
  /* A full disk must not hide that the container ended: the old file's blocks are there and it has the same length. */
  return state_write_whole(dir_fd, "state", 0, text) == 0 ? 0 : result;
}

int state_read_exit_code(int dir_fd)
{
  char text[STATE_BYTES + 1];
  if (read_small_file(dir_fd, "state", text, sizeof text) < 0) return -1;
  if (strstr(text, "\"status\":\"exited\"") == NULL) return -1;
  const char *code = strstr(text, "\"exitCode\":");
  return code == NULL ? -1 : atoi(code + strlen("\"exitCode\":"));
}

static uint64_t number_after(const char *text, const char *key)
{
  const char *at = strstr(text, key);
  return at == NULL ? 0 : strtoull(at + strlen(key), NULL, 10);
}

/* Whether the text was written since the last boot by a monitor that lives. */
static int is_current(const char *text)
{
  char boot_id[40];
  if (read_small_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot_id, sizeof boot_id) < 0) return 0;
  boot_id[strcspn(boot_id, "\n")] = '\0';
  uint64_t start = number_after(text, "\"monitorStart\":");
  return strstr(text, boot_id) != NULL && start != 0 && state_process_start((pid_t)number_after(text, "\"monitorPid\":")) == start;
}

int state_is_live(int dir_fd)
{
  char text[STATE_BYTES + 1];
  if (read_small_file(dir_fd, "state", text, sizeof text) < 0) return 0;
  return strstr(text, "\"status\":\"exited\"") == NULL && is_current(text);
}

int state_is_paused(int dir_fd)
{
  static const char paused[] = "{\"status\":\"paused\",";
  char text[STATE_BYTES + 1];
  return read_small_file(dir_fd, "state", text, sizeof text) > 0 && strncmp(text, paused, sizeof paused - 1) == 0;
}

int state_read_running(int dir_fd, struct state *out)
{
  static const char running[] = "{\"status\":\"running\",";
  char text[STATE_BYTES + 1];
  if (read_small_file(dir_fd, "state", text, sizeof text) < 0 || strncmp(text, running, sizeof running - 1) != 0 || !is_current(text)) return -ESRCH;
  *out = (struct state){.status = STATE_RUNNING};
  out->monitor_pid = (pid_t)number_after(text, "\"monitorPid\":");
  out->monitor_start = number_after(text, "\"monitorStart\":");
  out->pid = (pid_t)number_after(text, "\"pid\":");
  out->pid_start = number_after(text, "\"pidStart\":");
  return out->pid > 0 && out->pid_start > 0 ? 0 : -ESRCH;
}
