/* The child that runs one probe. Everything it needs in memory goes with it. */
#define _GNU_SOURCE
#include "health-probe.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cleanup.h"
#include "log-json.h"
#include "sys.h"
#include "timestamp.h"

#define OUTPUT_MAX 65536u
#define HISTORY_MAX (8u << 20)
#define DIRECTORY_FD 3

/* Reads the lines there are; *length tells how much. NULL where there are none. */
static char *health_log_read(int dir_fd, const char *name, size_t *length)
{
  AUTO_CLOSE int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
  struct stat status;
  *length = 0;
  if (fd < 0 || fstat(fd, &status) < 0 || status.st_size <= 0 || status.st_size > (off_t)HISTORY_MAX) return NULL;
  char *text = malloc((size_t)status.st_size);
  ssize_t got = text == NULL ? -1 : read(fd, text, (size_t)status.st_size);
  *length = got > 0 ? (size_t)got : 0;
  return text;
}

/* Where the last `keep` lines begin. */
static size_t health_log_tail(const char *text, size_t length, uint32_t keep)
{
  size_t at = length;
  for (uint32_t lines = 0; at > 0; at--) {
    if (text[at - 1] == '\n' && at < length && ++lines == keep) break;
  }
  return at;
}

int health_log_append(int dir_fd, const char *name, uint32_t keep, const char *line, size_t length)
{
  char temporary[PATH_MAX];
  size_t old_length;
  if (snprintf(temporary, sizeof temporary, "%s.tmp", name) >= (int)sizeof temporary) return -ENAMETOOLONG;
  AUTO_FREE char *old = health_log_read(dir_fd, name, &old_length);
  size_t start = keep == 0 ? 0 : keep == 1 ? old_length : health_log_tail(old, old_length, keep - 1);
  AUTO_CLOSE int fd = openat(dir_fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return -errno;
  size_t kept = old_length - start;
  bool is_written = (kept == 0 || write(fd, old + start, kept) == (ssize_t)kept) && write(fd, line, length) == (ssize_t)length;
  if (is_written && renameat(dir_fd, temporary, dir_fd, name) == 0) return 0;
  int error = errno;
  unlinkat(dir_fd, temporary, 0);
  return -error;
}

/* One line of docker's State.Health.Log. */
static void health_probe_note(int dir_fd, const struct health_settings *settings, const char *start, int code, const struct probe_output *output)
{
  char end[TIMESTAMP_BYTES];
  size_t room = output->length * 6 + 256;
  AUTO_FREE char *line = malloc(room);
  if (line == NULL || settings->log[0] == '\0') return;
  timestamp_now(end);
  size_t at = (size_t)snprintf(line, room, "{\"Start\":\"%s\",\"End\":\"%s\",\"ExitCode\":%d,\"Output\":\"", start, end, code);
  for (size_t done = 0; done < output->length;) { /* the escaper stops behind each newline */
    struct log_json_result part = log_json_escape((uint8_t *)line + at, room - at - 4, (const uint8_t *)output->text + done, output->length - done);
    if (part.read == 0) break;
    done += part.read;
    at += part.written;
  }
  memcpy(line + at, "\"}\n", 3);
  health_log_append(dir_fd, settings->log, settings->log_count, line, at + 3);
}

static void health_probe_explain(const struct check_settings *check, int code, const struct report *report, struct probe_output *output)
{
  if (code == -ETIMEDOUT) output->length = (size_t)snprintf(output->text, output->size, "Health check exceeded timeout (%g s)", check->timeout_ms / 1000.0);
  else output->length = (size_t)snprintf(output->text, output->size, "the probe cannot be run: %s%s%s", report->text, report->text[0] ? ": " : "", strerror(-code));
  if (output->length >= output->size) output->length = output->size - 1;
}

/* Keeps nothing of the monitor's but the container's directory: its connections end when the monitor closes them. */
static int health_probe_leave(int dir_fd, pid_t monitor)
{
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != monitor) return -ESRCH;
  if (dup2(dir_fd, DIRECTORY_FD) < 0 || fcntl(DIRECTORY_FD, F_SETFD, FD_CLOEXEC) < 0) return -errno;
  return sys_close_range(DIRECTORY_FD + 1, ~0u, 0);
}

_Noreturn void health_probe_run(int dir_fd, const struct check_settings *check, const struct health_settings *settings, const struct state *state, pid_t monitor)
{
  char start[TIMESTAMP_BYTES];
  struct report report = {0};
  if (health_probe_leave(dir_fd, monitor) < 0) _exit(PROBE_FAILED);
  size_t size = settings->log_bytes == 0 || settings->log_bytes > OUTPUT_MAX ? OUTPUT_MAX : settings->log_bytes;
  struct probe_output output = {.text = malloc(size < 512 ? 512 : size), .size = size < 512 ? 512 : size};
  if (output.text == NULL) _exit(PROBE_FAILED);
  timestamp_now(start);
  int code = container_probe(DIRECTORY_FD, check->exec_plan, state, check->timeout_ms, &output, &report);
  if (output.length > size) output.length = size;
  if (code < 0) health_probe_explain(check, code, &report, &output);
  health_probe_note(DIRECTORY_FD, settings, start, code < 0 ? -1 : code, &output);
  _exit(code == 0 ? PROBE_PASSED : PROBE_FAILED);
}
