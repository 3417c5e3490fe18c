/* `cala pull` without Node, where Node has carried out the same words before and found nothing new, and nothing that it looked at has changed
 * since: the registry is asked the same question, and where it gives the same answer, the same is said. Whatever is not exactly so is left to
 * Node, and so is everything but plain HTTP. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "launch-fill.h"
#include "launch-key.h"

/* Node has more patience. */
#define PATIENCE_MS 3000
#define ANSWER_MAX (32 << 10)

struct question {
  uint16_t port;
  const char *address;
  const char *words;
  size_t bytes;
  const char *digest;
};

/* True for `pull` and `image pull`. */
static bool is_pull(char *const *argv) {
  if (argv[1] && strcmp(argv[1], "image") == 0) argv++;
  return argv[1] && strcmp(argv[1], "pull") == 0;
}

static uint32_t u32_at(const unsigned char *at) {
  uint32_t value;
  memcpy(&value, at, sizeof value);
  return value;
}

static bool find_question(const struct launch_template *template, struct question *out) {
  struct template_record record;
  for (size_t at = 0; template_next(template, &at, &record);) {
    if (record.type != DO_ASK || record.bytes < 8) continue;
    const char *end = (const char *)record.payload + record.bytes;
    out->port = (uint16_t)u32_at(record.payload);
    out->bytes = u32_at(record.payload + 4);
    out->address = (const char *)record.payload + 8;
    out->words = out->address + strlen(out->address) + 1;
    if (out->words >= end || out->bytes >= (size_t)(end - out->words)) return false;
    out->digest = out->words + out->bytes + 1;
    return out->digest < end && *out->digest;
  }
  return false;
}

static int milliseconds_left(const struct timespec *end) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  long left = (end->tv_sec - now.tv_sec) * 1000 + (end->tv_nsec - now.tv_nsec) / 1000000;
  return left < 0 ? 0 : (int)left;
}

static bool await(int fd, short events, const struct timespec *end) {
  for (;;) {
    struct pollfd one = {.fd = fd, .events = events};
    int count = poll(&one, 1, milliseconds_left(end));
    if (count > 0) return true;
    if (count == 0 || errno != EINTR) return false;
  }
}

/* A connection under way, or -1. */
static int open_connection(const struct question *question) {
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(question->port)};
  struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(question->port)};
  bool is_four = inet_pton(AF_INET, question->address, &four.sin_addr) == 1;
  if (!is_four && inet_pton(AF_INET6, question->address, &six.sin6_addr) != 1) return -1;
  AUTO_CLOSE int fd = socket(is_four ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  int result = is_four ? connect(fd, (struct sockaddr *)&four, sizeof four) : connect(fd, (struct sockaddr *)&six, sizeof six);
  return result == 0 || errno == EINPROGRESS ? take_fd(&fd) : -1;
}

static bool send_words(int fd, const char *words, size_t bytes, const struct timespec *end) {
  while (bytes > 0) {
    if (!await(fd, POLLOUT, end)) return false;
    ssize_t count = send(fd, words, bytes, MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (count > 0) words += count, bytes -= (size_t)count;
  }
  return true;
}

/* The head of an answer, up to its empty line, with a NUL. False where it does not come. */
static bool read_head(int fd, char out[ANSWER_MAX], const struct timespec *end) {
  for (size_t length = 0; length < ANSWER_MAX - 1;) {
    if (!await(fd, POLLIN, end)) return false;
    ssize_t count = recv(fd, out + length, ANSWER_MAX - 1 - length, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count <= 0) return false;
    length += (size_t)count;
    out[length] = 0;
    if (strlen(out) < length) return false;
    if (strstr(out, "\r\n\r\n")) return true;
  }
  return false;
}

/* Whether a head says 200 and, once, the digest. */
static bool says(char *head, const char *digest) {
  static const char name[] = "docker-content-digest:";
  size_t found = 0;
  if (strncmp(head, "HTTP/1.", 7) != 0 || !head[7] || strncmp(head + 8, " 200 ", 5) != 0) return false;
  strstr(head, "\r\n\r\n")[2] = 0;
  for (char *line = strstr(head, "\r\n") + 2, *next; *line; line = next) {
    next = strstr(line, "\r\n");
    *next = 0;
    next += 2;
    if (strncasecmp(line, name, sizeof name - 1) != 0) continue;
    const char *value = line + sizeof name - 1;
    value += strspn(value, " \t");
    size_t length = strcspn(value, " \t");
    if (length != strlen(digest) || memcmp(value, digest, length) != 0) return false;
    found++;
  }
  return found == 1;
}

static bool is_unchanged(const struct question *question) {
  static char head[ANSWER_MAX];
  struct timespec end;
  clock_gettime(CLOCK_MONOTONIC, &end);
  end.tv_sec += PATIENCE_MS / 1000;
  AUTO_CLOSE int fd = open_connection(question);
  return fd >= 0 && send_words(fd, question->words, question->bytes, &end) && read_head(fd, head, &end) && says(head, question->digest);
}

/* False where nobody hears it. */
static bool say(const struct launch_template *template) {
  struct template_record record;
  for (size_t at = 0; template_next(template, &at, &record);) {
    if (record.type != DO_SAY || record.bytes < 4) continue;
    const char *text = (const char *)record.payload + 4;
    for (size_t left = record.bytes - 4; left > 0;) {
      ssize_t count = write((int)u32_at(record.payload), text, left);
      if (count < 0) return false;
      text += count;
      left -= (size_t)count;
    }
  }
  return true;
}

static bool answer(const struct front_environment *environment, const char *path) {
  struct launch_template template;
  struct question question;
  struct launch_fill moment = {.lock = -1};
  if (template_read(path, &template) < 0) return false;
  timestamp_now(moment.time);
  bool done = find_question(&template, &question) && template_holds(&template, environment) && launch_notes(&template, &moment, true) == 0 &&
    is_unchanged(&question) && say(&template);
  if (done) launch_notes(&template, &moment, false);
  free(template.memory);
  return done;
}

int front_run_pull(struct front_environment *environment, const char *program_dir, char **argv) {
  static char path[PATH_MAX + SHA256_HEX_BYTES];
  static struct launch_keys keys;
  const char *refused = front_environment_get(environment, "CALA_NO_SHORTCUT");
  if ((refused && *refused) || !is_pull(argv) || !front_has_standard_streams()) return FRONT_NOT_TAKEN;
  if (!front_templates_directory(environment, path) || !launch_key(environment, program_dir, argv + 1, &keys)) return FRONT_NOT_TAKEN;
  strcat(path, keys.exact);
  if (answer(environment, path)) return 0;
  /* Node is told where the template belongs that it could leave. */
  front_environment_set(environment, "CALA_LAUNCH_TEMPLATE", path);
  return FRONT_NOT_TAKEN;
}
