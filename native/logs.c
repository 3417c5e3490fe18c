/* The applet `logs CONTAINER_DIR …`: prints a container's log, byte for byte as it was written. */
#define _GNU_SOURCE
#include "logs.h"
#include "applets.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "state.h"
#include "timestamp.h"

struct logs {
  struct logs_options options;
  struct logs_writer writer;
  const char *name;
  int dir_fd;
  bool is_over; /* a record behind `until` was met */
};

static uint8_t read_buffer[LOGS_READ_BYTES];

static int logs_complain(const char *message)
{
  dprintf(2, "cala: %s\n", message);
  return 125;
}

int logs_read_lines(struct logs_reader *reader, logs_visit visit, void *context)
{
  for (;;) {
    size_t room = LOGS_READ_BYTES - reader->end;
    ssize_t got = read(reader->fd, read_buffer + reader->end, (int64_t)room < reader->left ? room : (size_t)reader->left);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got < 0 ? -errno : 0;
    if (reader->left != LOGS_NO_LIMIT) reader->left -= got;
    size_t scanned = reader->end;
    reader->end += (size_t)got;
    for (;;) {
      uint8_t *newline = memchr(read_buffer + scanned, '\n', reader->end - scanned);
      if (newline == NULL) break;
      size_t length = (size_t)(newline - read_buffer) - reader->start;
      if (!reader->skips_line && !visit(context, read_buffer + reader->start, length)) return 1;
      reader->skips_line = false;
      reader->start = scanned = (size_t)(newline - read_buffer) + 1;
    }
    reader->end -= reader->start;
    memmove(read_buffer, read_buffer + reader->start, reader->end);
    reader->start = 0;
    if (reader->end == LOGS_READ_BYTES) { /* far longer than any record: not ours */
      reader->skips_line = true;
      reader->end = 0;
    }
  }
}

static bool logs_visit_line(void *context, const uint8_t *line, size_t length)
{
  struct logs *logs = context;
  const struct logs_options *options = &logs->options;
  struct log_record record;
  if (log_record_parse(line, length, &record) < 0) return true;
  if (options->since != INT64_MIN || options->until != INT64_MAX) {
    int64_t time = timestamp_parse(record.time, record.time_length);
    if (time < options->since) return true;
    if (time > options->until) {
      logs->is_over = true;
      return false;
    }
  }
  if (record.is_stderr ? options->has_stderr : options->has_stdout) logs_print(&logs->writer, options, &record);
  return !logs->writer.has_failed;
}

/* Prints what is in a file from where its descriptor stands. */
static void logs_print_file(struct logs *logs, struct logs_reader *reader)
{
  logs_read_lines(reader, logs_visit_line, logs);
  logs_flush(&logs->writer);
}

static bool logs_is_done(const struct logs *logs)
{
  return logs->is_over || logs->writer.has_failed;
}

struct logs_file {
  int fd;
  int64_t size; /* when it was opened */
};

/* Opens the log and its rotated files, newest first: a file that moves on meanwhile is then met twice, not missed. Returns how many. */
static int logs_open_all(const struct logs *logs, struct logs_file files[LOGS_FILES_MAX])
{
  int count = 0;
  ino_t last = 0;
  for (unsigned number = 0; number < LOGS_FILES_MAX; number++) {
    char path[4096];
    snprintf(path, sizeof path, number == 0 ? "%s" : "%s.%u", logs->name, number);
    int fd = openat(logs->dir_fd, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) break;
    struct stat status;
    if (fstat(fd, &status) < 0 || (count > 0 && status.st_ino == last)) {
      close(fd);
      continue;
    }
    last = status.st_ino;
    files[count++] = (struct logs_file){.fd = fd, .size = status.st_size};
  }
  return count;
}

/* Puts the descriptors where the lines wanted begin. Returns the index of the oldest file that has any of them. */
static int logs_seek_tail(const struct logs *logs, struct logs_file *files, int count)
{
  int64_t wanted = logs->options.tail;
  bool is_last = true;
  if (wanted < 0) return count - 1;
  for (int i = 0; i < count; i++) {
    int64_t offset = logs_tail_offset(files[i].fd, &files[i].size, &wanted, &is_last);
    lseek(files[i].fd, offset, SEEK_SET);
    if (offset > 0) return i;
  }
  return count - 1;
}

/* Where the log and its rotated files are: the container's directory, or what --log-opt path says. */
static int logs_directory(const struct logs *logs)
{
  char path[4096];
  const char *slash = strrchr(logs->name, '/');
  if (slash == NULL || snprintf(path, sizeof path, "%.*s/", (int)(slash - logs->name), logs->name) >= (int)sizeof path) return logs->dir_fd;
  int fd = openat(logs->dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return fd < 0 ? logs->dir_fd : fd;
}

static void logs_follow(struct logs *logs, struct logs_reader *reader)
{
  struct logs_watch watch;
  logs_watch_open(&watch, logs_directory(logs));
  while (!logs_is_done(logs)) {
    bool has_ended = !state_is_live(logs->dir_fd); /* asked before reading: what was written before the end is then read */
    logs_print_file(logs, reader);
    int next = logs_next_file(logs->dir_fd, logs->name, reader->fd);
    if (next >= 0) {
      logs_print_file(logs, reader); /* its last lines may have been written just before it was put aside */
      close(reader->fd);
      *reader = (struct logs_reader){.fd = next, .left = LOGS_NO_LIMIT};
      continue;
    }
    if (has_ended) return;
    logs_watch_wait(&watch);
  }
}

static int logs_run(struct logs *logs)
{
  static struct logs_file files[LOGS_FILES_MAX];
  int count = logs_open_all(logs, files);
  if (count == 0) return 0;
  struct logs_reader reader = {.fd = -1};
  for (int i = logs_seek_tail(logs, files, count); i >= 0 && !logs_is_done(logs); i--) {
    int64_t left = logs->options.follows ? LOGS_NO_LIMIT : files[i].size - lseek(files[i].fd, 0, SEEK_CUR);
    reader = (struct logs_reader){.fd = files[i].fd, .left = left};
    logs_print_file(logs, &reader);
  }
  if (logs->options.follows && !logs_is_done(logs)) logs_follow(logs, &reader);
  return logs->writer.has_failed ? 1 : 0;
}

static int logs_parse(struct logs *logs, int argc, char **argv)
{
  struct logs_options *options = &logs->options;
  bool wants_stdout = false, wants_stderr = false;
  for (int i = 2; i < argc; i++) {
    const char *value = i + 1 < argc ? argv[i + 1] : "";
    if (strcmp(argv[i], "--tail") == 0) options->tail = strtoll(value, NULL, 10), i++;
    else if (strcmp(argv[i], "--since") == 0) options->since = strtoll(value, NULL, 10), i++;
    else if (strcmp(argv[i], "--until") == 0) options->until = strtoll(value, NULL, 10), i++;
    else if (strcmp(argv[i], "--names") == 0) options->name = value, i++;
    else if (strcmp(argv[i], "--color") == 0) options->color = value, i++;
    else if (strcmp(argv[i], "--file") == 0) logs->name = value, i++;
    else if (strcmp(argv[i], "--follow") == 0) options->follows = true;
    else if (strcmp(argv[i], "--timestamps") == 0) options->has_timestamps = true;
    else if (strcmp(argv[i], "--stdout") == 0) wants_stdout = true;
    else if (strcmp(argv[i], "--stderr") == 0) wants_stderr = true;
    else return -EINVAL;
  }
  options->has_stdout = wants_stdout || !wants_stderr;
  options->has_stderr = wants_stderr || !wants_stdout;
  return 0;
}

/* Entry point of the applet; see the top of this file. */
int applet_logs(int argc, char **argv)
{
  struct logs logs = {.name = "log", .options = {.tail = -1, .since = INT64_MIN, .until = INT64_MAX}, .writer = {.fd = 1}};
  if (argc < 2 || logs_parse(&logs, argc, argv) < 0) return logs_complain("bad arguments for logs");
  logs.dir_fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (logs.dir_fd < 0) return logs_complain("the directory of this container is gone");
  return logs_run(&logs);
}
