/* Handing descriptors on to a program; see handed.h. */
#define _GNU_SOURCE
#include "handed.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sys.h"

#define KEPT_MAX 8

static unsigned words_in(const char *text) {
  unsigned count = *text != 0;
  for (; *text; text++) count += *text == ',';
  return count;
}

int handed_parse(const char *text, struct handed **out) {
  unsigned count = words_in(text);
  struct handed *handed = calloc(1, sizeof *handed + count * sizeof handed->fds[0]);
  if (!handed) return -ENOMEM;
  for (; handed->count < count; handed->count++) {
    struct handed_fd *fd = &handed->fds[handed->count];
    int length = 0;
    if (sscanf(text, "%d:%d%n", &fd->from, &fd->to, &length) != 2 || fd->from < 3 || fd->to < 3 || (text[length] != ',' && text[length] != 0)) {
      free(handed);
      return -EINVAL;
    }
    text += length + (text[length] == ',');
  }
  *out = handed;
  return 0;
}

void close_all_but(const int *kept, unsigned count) {
  unsigned first = 3;
  for (;;) {
    int next = -1;
    for (unsigned i = 0; i < count; i++)
      if (kept[i] >= (int)first && (next < 0 || kept[i] < next)) next = kept[i];
    if (next < 0) break;
    if (next > (int)first) sys_close_range(first, (unsigned)next - 1, 0);
    first = (unsigned)next + 1;
  }
  sys_close_range(first, ~0u, 0);
}

void handed_keep(const struct handed *handed, const int *kept, unsigned count) {
  unsigned handed_count = handed ? handed->count : 0;
  int all[KEPT_MAX + handed_count];
  for (unsigned i = 0; i < count && i < KEPT_MAX; i++) all[i] = kept[i];
  for (unsigned i = 0; i < handed_count; i++) fcntl(all[count + i] = handed->fds[i].from, F_SETFD, FD_CLOEXEC);
  close_all_but(all, count + handed_count);
}

/* At or above `place`, where nothing is that is about to be replaced. */
static int move_up(int fd, int place) {
  int moved = fcntl(fd, F_DUPFD_CLOEXEC, place);
  return moved < 0 ? -errno : moved;
}

int handed_place(const struct handed *handed, int *const *kept, unsigned count) {
  unsigned handed_count = handed ? handed->count : 0;
  int all[KEPT_MAX + handed_count], place = 3;
  for (unsigned i = 0; i < handed_count; i++)
    if (handed->fds[i].to >= place) place = handed->fds[i].to + 1;
  for (unsigned i = 0; i < count && i < KEPT_MAX; i++) {
    if (handed_count > 0 && *kept[i] >= 0) *kept[i] = move_up(*kept[i], place);
    if (handed_count > 0 && *kept[i] < -1) return *kept[i];
    all[i] = *kept[i];
  }
  for (unsigned i = 0; i < handed_count; i++)
    if ((all[count + i] = move_up(handed->fds[i].from, place)) < 0) return all[count + i];
  close_all_but(all, count + handed_count);
  for (unsigned i = 0; i < handed_count; i++) {
    if (dup3(all[count + i], handed->fds[i].to, O_CLOEXEC) < 0) return -errno;
    close(all[count + i]);
  }
  return 0;
}

void handed_release(const struct handed *handed) {
  for (unsigned i = 0; handed && i < handed->count; i++) fcntl(handed->fds[i].to, F_SETFD, 0);
}

static bool tells_of_sockets(const char *variable) {
  return strncmp(variable, "LISTEN_FDS=", 11) == 0 || strncmp(variable, "LISTEN_PID=", 11) == 0 || strncmp(variable, "LISTEN_FDNAMES=", 15) == 0;
}

char **handed_environment(const struct handed *handed, char **variables) {
  size_t count = 0, used = 0;
  while (variables[count]) count++;
  char **all = calloc(count + 5, sizeof *all);
  if (!all) return NULL;
  for (size_t i = 0; i < count; i++)
    if (!tells_of_sockets(variables[i])) all[used++] = variables[i];
  if (asprintf(&all[used++], "LISTEN_FDS=%u", handed->listening) < 0 || asprintf(&all[used++], "LISTEN_PID=%d", (int)getpid()) < 0) return NULL;
  if (handed->names && asprintf(&all[used++], "LISTEN_FDNAMES=%s", handed->names) < 0) return NULL;
  return all;
}
