/* A new user namespace around this process; its map is written from outside by newuidmap and newgidmap. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>

#include "launch.h"
#include "userns.h"

#define MAX_WORDS 1100

struct mapping_result {
  int error;
  char text[400];
};

static int write_text(const char *path, const char *text) {
  AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  size_t length = strlen(text);
  return write(fd, text, length) == (ssize_t)length ? 0 : -errno;
}

/* A map of one id, the caller's own: the kernel lets anybody write it, once setgroups is given up (user_namespaces(7)). */
static bool is_own_id(char *const *lines, unsigned long own) {
  unsigned long inside, outside, count;
  return lines[0] && !lines[1] && sscanf(lines[0], "%lu %lu %lu", &inside, &outside, &count) == 3 && outside == own && count == 1;
}

static int write_own_map(const char *uid_line, const char *gid_line) {
  int result = write_text("/proc/self/setgroups", "deny");
  if (result == 0) result = write_text("/proc/self/gid_map", gid_line);
  return result < 0 ? result : write_text("/proc/self/uid_map", uid_line);
}

static int write_as_root(pid_t pid, const char *file, char *const *lines) {
  char path[40], text[4096] = "";
  size_t length = 0;
  for (; *lines; lines++) length += (size_t)snprintf(text + length, length < sizeof text ? sizeof text - length : 0, "%s\n", *lines);
  if (length >= sizeof text) return -E2BIG;
  snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
  return write_text(path, text);
}

/* newuidmap PID INSIDE OUTSIDE COUNT … */
_Noreturn static void exec_mapper(const char *program, pid_t pid, char *const *lines, int words) {
  char *argv[MAX_WORDS], number[16];
  int count = 0;
  snprintf(number, sizeof number, "%d", (int)pid);
  argv[count++] = (char *)program;
  argv[count++] = number;
  for (; *lines; lines++) {
    char *copy = strdup(*lines);
    for (char *word = copy ? strtok(copy, " ") : NULL; word && count < MAX_WORDS - 1; word = strtok(NULL, " ")) argv[count++] = word;
  }
  argv[count] = NULL;
  dup2(words, 1);
  dup2(words, 2);
  execvp(program, argv);
  char path[64];
  snprintf(path, sizeof path, "/usr/bin/%s", program);
  execv(path, argv);
  _exit(errno == ENOENT ? 127 : 126);
}

struct mapper {
  const char *program;
  pid_t pid;
  int words;
};

static int start_mapper(struct mapper *mapper, pid_t target, char *const *lines) {
  int words[2];
  if (pipe2(words, O_CLOEXEC) < 0) return -errno;
  mapper->pid = fork();
  if (mapper->pid == 0) exec_mapper(mapper->program, target, lines, words[1]);
  close(words[1]);
  mapper->words = words[0];
  return mapper->pid < 0 ? -errno : 0;
}

static int finish_mapper(struct mapper *mapper, struct mapping_result *out) {
  char words[300];
  ssize_t length = read(mapper->words, words, sizeof words - 1);
  int status = 0;
  close(mapper->words);
  while (waitpid(mapper->pid, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
  while (length > 0 && words[length - 1] == '\n') length--;
  words[length > 0 ? length : 0] = 0;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
    out->error = ENOENT;
    snprintf(out->text, sizeof out->text, "%s is not installed", mapper->program);
  } else {
    out->error = EPERM;
    snprintf(out->text, sizeof out->text, "%s refused: %s", mapper->program, length > 0 ? words : "without a word");
  }
  return -out->error;
}

static void map_from_outside(pid_t target, char *const *uids, char *const *gids, struct mapping_result *out) {
  if (geteuid() == 0 && write_as_root(target, "gid_map", gids) == 0 && write_as_root(target, "uid_map", uids) == 0) return;
  struct mapper mappers[2] = {{.program = "newuidmap"}, {.program = "newgidmap"}};
  int first = start_mapper(&mappers[0], target, uids);
  int second = start_mapper(&mappers[1], target, gids);
  if (first < 0 || second < 0) {
    out->error = EAGAIN;
    snprintf(out->text, sizeof out->text, "no process for newuidmap");
    return;
  }
  first = finish_mapper(&mappers[0], out);
  struct mapping_result other = {0};
  if (finish_mapper(&mappers[1], &other) < 0 && first == 0) *out = other;
}

/* Waits until its parent lives in the new namespace, then maps it: that takes a process that is still outside. */
_Noreturn static void mapping_process(pid_t target, int start, int answer, char *const *uids, char *const *gids) {
  struct mapping_result result = {0};
  char byte;
  if (read(start, &byte, 1) == 1) {
    map_from_outside(target, uids, gids, &result);
    (void)!write(answer, &result, sizeof result);
  }
  _exit(0);
}

static int refused(struct report *report, int error) {
  return report_fill(report, REPORT_USERNS, 0, error, "the kernel refused a user namespace");
}

static int create_mapped(char *const *uids, char *const *gids, struct report *report) {
  int start[2], answer[2];
  pid_t self = getpid();
  if (pipe2(start, O_CLOEXEC) < 0 || pipe2(answer, O_CLOEXEC) < 0) return refused(report, errno);
  pid_t mapper = fork();
  if (mapper < 0) return refused(report, errno);
  if (mapper == 0) {
    close(start[1]);
    close(answer[0]);
    mapping_process(self, start[0], answer[1], uids, gids);
  }
  close(start[0]);
  close(answer[1]);
  int error = sys_unshare(NS_USER);
  if (error == 0) (void)!write(start[1], "m", 1);
  close(start[1]);
  struct mapping_result result = {.error = ECHILD, .text = "the mapping process died"};
  if (error == 0 && read(answer[0], &result, sizeof result) <= 0) result.error = ECHILD;
  close(answer[0]);
  while (waitpid(mapper, NULL, 0) < 0 && errno == EINTR) continue;
  if (error < 0) return refused(report, -error);
  return result.error ? report_fill(report, REPORT_USERNS, 0, result.error, result.text) : 0;
}

int userns_create(char *const *uids, char *const *gids, struct report *report) {
  unsigned long uid = geteuid(), gid = getegid();
  if (!uids[0] || !gids[0]) return report_fill(report, REPORT_USERNS, 0, ESRCH, "there is no outer user namespace to join");
  if (!is_own_id(uids, uid) || !is_own_id(gids, gid)) return create_mapped(uids, gids, report);
  int result = sys_unshare(NS_USER);
  if (result == 0) result = write_own_map(uids[0], gids[0]);
  return result < 0 ? refused(report, -result) : 0;
}

int userns_nest(char *const *uids, char *const *gids, struct report *report) {
  return create_mapped(uids, gids, report);
}
