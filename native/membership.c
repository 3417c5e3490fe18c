#define _GNU_SOURCE
#include "membership.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "container.h"
#include "launch.h"
#include "network-join.h"
#include "plan-ops.h"

/* A network's process that does nothing keeps nobody for longer; in the end the interface goes with the connection. */
#define LEAVE_PATIENCE_MS 5000

static void append(struct memberships *memberships, struct membership *one) {
  struct membership **at = &memberships->first;
  while (*at) at = &(*at)->next;
  *at = one;
}

int memberships_of_plan(struct memberships *memberships, const struct plan *plan) {
  uint32_t index = 0;
  for (; (index = plan_find(plan, PLAN_SECTION_HOST, OP_NETWORK_JOIN, index)) != UINT32_MAX; index++) {
    struct plan_op op = plan_op_at(plan, index);
    struct op_network_join args;
    op_network_join_read(&op, &args);
    size_t first = strlen(args.directory) + 1, second = strlen(args.config) + 1, third = strlen(args.request) + 1;
    struct membership *one = calloc(1, sizeof *one);
    char *text = malloc(first + second + third);
    if (!one || !text) {
      free(one);
      free(text);
      return -ENOMEM;
    }
    memcpy(text, args.directory, first);
    memcpy(text + first, args.config, second);
    memcpy(text + first + second, args.request, third);
    *one = (struct membership){.dir = text, .config = text + first, .request = text + first + second, .text = text, .op_index = index, .fd = -1};
    append(memberships, one);
  }
  return 0;
}

/* Nothing in the host section's place: the container's namespace does not exist yet. */
int run_network_join(struct launch *launch, const struct plan_op *op) {
  (void)launch, (void)op;
  return 0;
}

static int join_one(const struct memberships *memberships, struct membership *one, pid_t pid, char *text, size_t size) {
  struct network_target target = {.dir = one->dir, .config = one->config, .runtime_dir = memberships->runtime_dir, .request = one->request};
  int fd = network_join(&target, pid, text, size);
  one->fd = fd < 0 ? -1 : fd;
  return fd < 0 ? fd : 0;
}

int memberships_join(struct memberships *memberships, pid_t pid, struct report *report) {
  int failure = 0;
  for (struct membership *one = memberships->first; one; one = one->next) {
    char text[200];
    if (one->fd >= 0) continue;
    int result = join_one(memberships, one, pid, text, sizeof text);
    if (result < 0 && report) return report_fill(report, REPORT_HOST, one->op_index == UINT32_MAX ? 0 : one->op_index, -result, text);
    if (result < 0) failure = result;
  }
  return failure;
}

/* The process closes its end when the container's interface has gone. */
static void leave(int fd, bool waits) {
  struct pollfd end = {.fd = fd, .events = POLLIN};
  if (waits && shutdown(fd, SHUT_WR) == 0) poll(&end, 1, LEAVE_PATIENCE_MS);
  close(fd);
}

void memberships_leave(struct memberships *memberships, bool waits) {
  for (struct membership *one = memberships->first; one; one = one->next) {
    if (one->fd >= 0) leave(one->fd, waits);
    one->fd = -1;
  }
}

static bool is_three_strings(const char *text, uint32_t length) {
  uint32_t ends = 0;
  for (uint32_t i = 0; i < length; i++) ends += text[i] == 0;
  return ends == 3 && text[length - 1] == 0 && text[0] == '/';
}

int memberships_connect(struct memberships *memberships, char *text, uint32_t length, pid_t pid) {
  if (!is_three_strings(text, length)) return -EINVAL;
  for (struct membership *one = memberships->first; one; one = one->next)
    if (strcmp(one->dir, text) == 0) return -EEXIST;
  struct membership *one = calloc(1, sizeof *one);
  if (!one) return -ENOMEM;
  const char *config = text + strlen(text) + 1;
  *one = (struct membership){.dir = text, .config = config, .request = config + strlen(config) + 1, .text = text, .op_index = UINT32_MAX, .fd = -1};
  char words[200];
  int result = pid ? join_one(memberships, one, pid, words, sizeof words) : 0;
  if (result < 0) free(one);
  else append(memberships, one);
  return result;
}

int memberships_disconnect(struct memberships *memberships, const char *dir) {
  for (struct membership **at = &memberships->first, *one; (one = *at); at = &one->next) {
    if (strcmp(one->dir, dir) != 0) continue;
    *at = one->next;
    if (one->fd >= 0) leave(one->fd, true);
    free(one->text);
    free(one);
    return 0;
  }
  return -ENOENT;
}

bool memberships_have_lost(struct memberships *memberships) {
  bool lost = false;
  for (struct membership *one = memberships->first; one; one = one->next) {
    struct pollfd end = {.fd = one->fd, .events = POLLIN};
    if (one->fd < 0 || poll(&end, 1, 0) <= 0) continue;
    close(one->fd);
    one->fd = -1;
    lost = true;
  }
  return lost;
}
