/* Tests of the monitor's parts that need no process: frames, times, pauses before restarts, JSON escaping, rotation, detach keys. Prints one line per test. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "../../../native/attach.h"
#include "../../../native/frame.h"
#include "../../../native/log-file.h"
#include "../../../native/log-json.h"
#include "../../../native/logs.h"
#include "../../../native/monitor.h"
#include "../../../native/plan-ops.h"
#include "../../../native/timestamp.h"

int applet_units(int argc, char **argv);

static int failures;
static const char *work_dir;

#define CHECK(condition) check((condition), #condition, __LINE__)

static void check(int holds, const char *text, int line)
{
  if (holds) return;
  printf("failed: line %d: %s\n", line, text);
  failures++;
}

static void test_frames(void)
{
  uint8_t bytes[FRAME_HEADER_BYTES + FRAME_REPORT_MAX];
  struct report report = {.stage = REPORT_HELPER, .op_index = 9, .error = ENOENT, .pid = 77, .text = "last words"}, back;
  size_t size = frame_put_report(bytes, &report);
  struct frame_header header = frame_get_header(bytes);
  CHECK(header.type == FRAME_REPORT && header.length == size - FRAME_HEADER_BYTES);
  CHECK(frame_get_report(bytes + FRAME_HEADER_BYTES, header.length, &back) == 0);
  CHECK(back.stage == REPORT_HELPER && back.op_index == 9 && back.error == ENOENT && back.pid == 77 && strcmp(back.text, "last words") == 0);
  CHECK(frame_get_report(bytes + FRAME_HEADER_BYTES, 15, &back) == -EPROTO);
  memset(report.text, 'x', sizeof report.text);
  size = frame_put_report(bytes, &report);
  CHECK(frame_get_report(bytes + FRAME_HEADER_BYTES, (uint32_t)(size - FRAME_HEADER_BYTES), &back) == 0 && strlen(back.text) == sizeof back.text - 1);
  CHECK(!frame_is_valid_request((struct frame_header){.type = FRAME_RESIZE, .length = 5}));
  CHECK(!frame_is_valid_request((struct frame_header){.type = FRAME_STDOUT, .length = 0}));
  CHECK(!frame_is_valid_request((struct frame_header){.type = FRAME_STDIN, .length = FRAME_DATA_MAX + 1}));
  CHECK(frame_is_valid_request((struct frame_header){.type = FRAME_STOP, .length = 8}));
  CHECK(!frame_is_valid_request((struct frame_header){.type = FRAME_KEEP, .length = 4}));
}

static void test_restart_pauses(void)
{
  static const struct { uint32_t last_ms; int64_t run_ms; uint32_t pause_ms; } table[] = {
    {0, 0, 100}, {100, 0, 200}, {200, 9999, 400}, {25600, 0, 51200}, {51200, 0, 60000}, {60000, 9999, 60000}, {60000, 10000, 100}, {200, 3600000, 100},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) CHECK(monitor_restart_pause(table[i].last_ms, table[i].run_ms) == table[i].pause_ms);
}

static void test_times(void)
{
  static const struct { int64_t seconds; const char *text; } table[] = {
    {0, "1970-01-01T00:00:00.000000005Z"}, {951782399, "2000-02-28T23:59:59.000000005Z"}, {951782400, "2000-02-29T00:00:00.000000005Z"},
    {1795231317, "2026-11-21T03:21:57.000000005Z"}, {4107542400, "2100-03-01T00:00:00.000000005Z"}, {1709164800, "2024-02-29T00:00:00.000000005Z"},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    char text[TIMESTAMP_BYTES];
    timestamp_format(text, &(struct timespec){.tv_sec = table[i].seconds, .tv_nsec = 5});
    CHECK(strcmp(text, table[i].text) == 0);
    CHECK(timestamp_parse(text, strlen(text)) == table[i].seconds * 1000000000 + 5);
  }
  CHECK(timestamp_parse("2026-11-21T03:21:57Z", 20) == 1795231317ll * 1000000000);
  CHECK(timestamp_parse("2026-11-21T03:21:57.5Z", 22) == 1795231317ll * 1000000000 + 500000000);
  CHECK(timestamp_parse("2026-11-21 03:21:57Z", 20) == -1);
  CHECK(timestamp_parse("2026-11-21T03:21:57.5", 21) == -1);
}

static void test_escaping(void)
{
  uint8_t in[256], out[2048], back[256];
  size_t used;
  for (size_t round = 0; round < 2000; round++) {
    size_t length = round % sizeof in;
    for (size_t i = 0; i < length; i++) in[i] = (uint8_t)(round < 256 ? i : (size_t)rand() % (round % 3 == 0 ? 40 : 256));
    size_t done = 0, written = 0;
    while (done < length) { /* lines are taken one by one */
      struct log_json_result result = log_json_escape(out + written, sizeof out - written, in + done, length - done);
      CHECK(result.read > 0 && (result.end == LOG_JSON_NEWLINE) == (in[done + result.read - 1] == '\n'));
      done += result.read;
      written += result.written;
    }
    for (size_t i = 0; i < written; i++) CHECK(out[i] >= 0x20);
    CHECK(log_text_decode(back, sizeof back, out, written, &used) <= length && used <= written);
    size_t decoded = 0;
    for (size_t at = 0; at < written; at += used) { /* through a small window */
      uint8_t window[7];
      size_t part = log_text_decode(window, sizeof window, out + at, written - at, &used);
      CHECK(decoded + part <= length && memcmp(window, in + decoded, part) == 0);
      decoded += part;
      if (used == 0) break;
    }
    CHECK(decoded == length);
  }
  struct log_json_result full = log_json_escape(out, 5, (const uint8_t *)"abc", 3);
  CHECK(full.end == LOG_JSON_ROOM && full.read == full.written);
}

static void test_records(void)
{
  struct log_record record;
  const char *good = "{\"log\":\"a\\\"\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-21T03:21:57.000000005Z\"}";
  CHECK(log_record_parse((const uint8_t *)good, strlen(good), &record) == 0);
  CHECK(record.is_stderr && record.length == 5 && log_record_ends_line(&record) && record.time_length == 30);
  for (size_t length = 0; length < strlen(good); length++) CHECK(log_record_parse((const uint8_t *)good, length, &record) == -EINVAL);
  record = (struct log_record){.text = (const uint8_t *)"a\\\\n", .length = 4};
  CHECK(!log_record_ends_line(&record)); /* an escaped backslash and an n */
  record = (struct log_record){.text = (const uint8_t *)"a\\\\\\n", .length = 5};
  CHECK(log_record_ends_line(&record));
}

static uint8_t log_buffer[LOG_BUFFER_BYTES];

static size_t count_files(int dir_fd, off_t *largest)
{
  char name[32];
  struct stat status;
  size_t count = 0;
  *largest = 0;
  for (; count < 50; count++) {
    snprintf(name, sizeof name, count == 0 ? "log" : "log.%zu", count);
    if (fstatat(dir_fd, name, &status, 0) < 0) break;
    if (status.st_size > *largest) *largest = status.st_size;
  }
  return count;
}

static void test_rotation(void)
{
  int dir_fd = open(work_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct log_file log = {.max_bytes = 2000, .max_files = 3};
  CHECK(log_file_open(&log, dir_fd, "log", log_buffer) == 0);
  char line[64];
  off_t largest;
  for (int i = 0; i < 500; i++) {
    log_file_set_time(&log);
    int length = snprintf(line, sizeof line, "this is line %d\n", i);
    CHECK(log_file_append(&log, LOG_STDOUT, (uint8_t *)line, (size_t)length, LOG_REST_LINE) == (size_t)length);
    if (i % 7 == 0) log_file_flush(&log);
  }
  log_file_flush(&log);
  CHECK(count_files(dir_fd, &largest) == 3 && largest <= 2000 && largest > 1500);
  CHECK(log_file_append(&log, LOG_STDOUT, (const uint8_t *)"half", 4, LOG_REST_LINE) == 0);
  CHECK(log_file_append(&log, LOG_STDOUT, (const uint8_t *)"caf\xc3", 4, LOG_REST_CHARACTER) == 3);
  CHECK(log_file_append(&log, LOG_STDOUT, (const uint8_t *)"\xe2\x82", 2, LOG_REST_CHARACTER) == 0);
  CHECK(log_file_append(&log, LOG_STDOUT, (const uint8_t *)"\x82\x82", 2, LOG_REST_CHARACTER) == 2);
  log_file_flush(&log);
  close(log.fd);
  close(dir_fd);
}

/* The text of the records in a file, appended. Returns its new length. */
static size_t read_back(int dir_fd, const char *name, uint8_t *text, size_t length, size_t size)
{
  int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
  static uint8_t file[1 << 21];
  ssize_t got = fd < 0 ? 0 : read(fd, file, sizeof file);
  for (uint8_t *at = file, *end; at < file + got; at = end + 1) {
    struct log_record record;
    size_t used;
    end = memchr(at, '\n', (size_t)(file + got - at));
    CHECK(end != NULL && end - at < (ptrdiff_t)LOG_RECORD_MAX && log_record_parse(at, (size_t)(end - at), &record) == 0);
    length += log_text_decode(text + length, size - length, record.text, record.length, &used);
  }
  if (fd >= 0) close(fd);
  return length;
}

/* Lines of all lengths and bytes come back, however they come in, and however small the files are. */
static void test_lines_come_back(uint64_t max_bytes)
{
  static uint8_t in[400000], back[sizeof in + 16];
  int dir_fd = open(work_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
  char name[40];
  struct log_file log = {.max_bytes = max_bytes, .max_files = 60};
  for (size_t i = 0; i < sizeof in; i++) in[i] = (uint8_t)(i / 50000 % 2 == 1 ? 'a' + i % 20 : rand() % 3 == 0 ? (size_t)rand() % 40 : 'a' + i % 20);
  snprintf(name, sizeof name, "lines-%u", (unsigned)max_bytes);
  CHECK(log_file_open(&log, dir_fd, name, log_buffer) == 0);
  size_t done = 0, there = 0;
  while (done < sizeof in) {
    size_t more = (size_t)rand() % 9000 + 1;
    there = there + more < sizeof in ? there + more : sizeof in;
    log_file_set_time(&log);
    /* As the monitor does: an unfinished line is left until it is long, or has its end. */
    enum log_rest rest = there == sizeof in ? LOG_REST_NONE : there - done > MONITOR_LINE_BYTES ? LOG_REST_CHARACTER : LOG_REST_LINE;
    done += log_file_append(&log, LOG_STDERR, in + done, there - done, rest);
    if (rand() % 4 == 0) log_file_flush(&log);
  }
  log_file_flush(&log);
  CHECK(log.lost_bytes == 0);
  size_t length = 0;
  for (int number = 59; number > 0; number--) {
    char rotated[56];
    snprintf(rotated, sizeof rotated, "%s.%d", name, number);
    length = read_back(dir_fd, rotated, back, length, sizeof back);
  }
  length = read_back(dir_fd, name, back, length, sizeof back);
  CHECK(length == sizeof in && memcmp(in, back, sizeof in) == 0);
  close(log.fd);
  close(dir_fd);
}

static void test_full_disk(void)
{
  int dir_fd = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct log_file log = {0};
  CHECK(log_file_open(&log, dir_fd, "full", log_buffer) == 0);
  log_file_set_time(&log);
  CHECK(log_file_append(&log, LOG_STDERR, (const uint8_t *)"lost\n", 5, LOG_REST_NONE) == 5);
  log_file_flush(&log);
  CHECK(log.lost_bytes == 5 && log.last_error == ENOSPC && log.used == 0);
  close(log.fd);
  close(dir_fd);
}

static void test_attributed_records(void)
{
  struct log_record record;
  const char *good = "{\"log\":\"a\\\",\\\"stream\\\":\\\"std\\n\",\"stream\":\"stdout\",\"attrs\":{\"stream\":\"stderr\",\"x\":\"}\"},\"time\":\"2026-11-21T03:21:57.000000005Z\"}";
  CHECK(log_record_parse((const uint8_t *)good, strlen(good), &record) == 0);
  CHECK(!record.is_stderr && record.length == 22 && log_record_ends_line(&record) && record.time_length == 30);
  for (size_t length = 0; length < strlen(good); length++) CHECK(log_record_parse((const uint8_t *)good, length, &record) == -EINVAL);
  int dir_fd = open(work_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct log_file log = {0};
  char text[256];
  CHECK(log_file_open(&log, dir_fd, "attributed", log_buffer) == 0);
  log_file_set_attributes(&log, ",\"attrs\":{\"a\":\"b\"}");
  log_file_set_time(&log);
  CHECK(log_file_append(&log, LOG_STDERR, (const uint8_t *)"x\n", 2, LOG_REST_NONE) == 2);
  log_file_flush(&log);
  ssize_t length = pread(log.fd, text, sizeof text, 0);
  CHECK(length > 0 && log_record_parse((const uint8_t *)text, (size_t)length - 1, &record) == 0 && record.is_stderr && record.length == 3);
  close(log.fd);
  close(dir_fd);
}

static int open_receiver(const char *name, char *path, size_t size)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(path, size, "%s/%s", work_dir, name);
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  CHECK(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
  return fd;
}

static bool receives(int fd, const char *expected)
{
  char text[4096];
  ssize_t length = recv(fd, text, sizeof text, 0);
  return length == (ssize_t)strlen(expected) && memcmp(text, expected, (size_t)length) == 0;
}

static void test_journal(void)
{
  char path[108];
  int receiver = open_receiver("journal", path, sizeof path), error = 0;
  struct log_journal journal;
  uint64_t lost = 0;
  CHECK(log_journal_open(&journal, path, "CONTAINER_NAME=web\n") == 0);
  CHECK(log_journal_append(&journal, LOG_STDOUT, (const uint8_t *)"one\ntwo\nhalf", 12, LOG_REST_LINE, &lost, &error) == 8);
  CHECK(receives(receiver, "MESSAGE=one\nPRIORITY=6\nCONTAINER_NAME=web\n") && receives(receiver, "MESSAGE=two\nPRIORITY=6\nCONTAINER_NAME=web\n"));
  CHECK(log_journal_append(&journal, LOG_STDERR, (const uint8_t *)"caf\xc3", 4, LOG_REST_CHARACTER, &lost, &error) == 3);
  CHECK(receives(receiver, "MESSAGE=caf\nPRIORITY=3\nCONTAINER_NAME=web\nCONTAINER_PARTIAL_MESSAGE=true\n") && lost == 0);
  close(receiver);
  CHECK(log_journal_append(&journal, LOG_STDOUT, (const uint8_t *)"gone\n", 5, LOG_REST_NONE, &lost, &error) == 5 && lost == 4 && error == ECONNREFUSED);
  close(journal.fd);
}

/* Through the monitor's functions, on a monitor that has nothing else. */
static void test_notify(void)
{
  static struct monitor monitor;
  char path[108], expected[64];
  struct sockaddr_un own = {.sun_family = AF_UNIX};
  int receiver = open_receiver("manager", path, sizeof path);
  monitor = (struct monitor){.dir_fd = open(work_dir, O_PATH | O_DIRECTORY | O_CLOEXEC), .epoll_fd = epoll_create1(EPOLL_CLOEXEC), .notify_fd = -1};
  CHECK(mkdirat(monitor.dir_fd, "notify", 0700) == 0);
  monitor.settings = (struct monitor_settings){.notify_mode = PLAN_NOTIFY_CONTAINER, .notify_socket = path};
  CHECK(monitor_notify_open(&monitor) == 0);
  monitor_notify_started(&monitor);
  snprintf(expected, sizeof expected, "MAINPID=%d", (int)getpid());
  CHECK(receives(receiver, expected));
  snprintf(own.sun_path, sizeof own.sun_path, "/proc/self/fd/%d/notify/socket", monitor.dir_fd);
  const char *said = "STATUS=busy\nMAINPID=1\nREADY=1\nFDSTORE=1\n";
  CHECK(sendto(receiver, said, strlen(said), 0, (struct sockaddr *)&own, sizeof own) > 0);
  monitor_notify_read(&monitor);
  CHECK(receives(receiver, "STATUS=busy\nREADY=1"));
  monitor.settings.notify_mode = PLAN_NOTIFY_HEALTHY;
  monitor_notify_started(&monitor);
  CHECK(!receives(receiver, expected));
  monitor_notify_healthy(&monitor);
  snprintf(expected, sizeof expected, "MAINPID=%d\nREADY=1", (int)getpid());
  CHECK(receives(receiver, expected));
  monitor.settings.notify_mode = PLAN_NOTIFY_MONITOR;
  monitor_notify_started(&monitor);
  CHECK(receives(receiver, expected));
  close(receiver);
}

static void test_detach_keys(void)
{
  struct detach_keys keys;
  uint8_t out[64];
  bool detach;
  CHECK(detach_keys_parse(&keys, "ctrl-p,ctrl-q") == 0 && keys.count == 2 && keys.keys[0] == 16 && keys.keys[1] == 17);
  CHECK(detach_keys_filter(&keys, (const uint8_t *)"a\x10", 2, out, &detach) == 1 && !detach);
  CHECK(detach_keys_filter(&keys, (const uint8_t *)"b", 1, out, &detach) == 2 && memcmp(out, "\x10" "b", 2) == 0);
  CHECK(detach_keys_filter(&keys, (const uint8_t *)"\x10\x10\x11z", 4, out, &detach) == 1 && detach);
  CHECK(detach_keys_parse(&keys, "ctrl-@,a") == 0 && keys.keys[0] == 0 && keys.keys[1] == 'a');
  CHECK(detach_keys_parse(&keys, "") == 0 && keys.count == 0);
  CHECK(detach_keys_filter(&keys, (const uint8_t *)"\x10\x11", 2, out, &detach) == 2 && !detach);
  CHECK(detach_keys_parse(&keys, "ctrl-1") == -EINVAL && detach_keys_parse(&keys, "word") == -EINVAL);
}

int applet_units(int argc, char **argv)
{
  if (argc < 2) return 64;
  work_dir = argv[1];
  test_frames();
  test_times();
  test_restart_pauses();
  test_escaping();
  test_records();
  test_rotation();
  test_lines_come_back(0);
  test_lines_come_back(40000);
  test_lines_come_back(300000);
  test_full_disk();
  test_attributed_records();
  test_journal();
  test_notify();
  test_detach_keys();
  printf("%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
