/* `cala stop CONTAINER` without Node: its monitor is asked, which does the rest. As core/container/stop.ts; whatever is not exactly this, or a
 * container that does not run, is left to Node. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attach.h"
#include "cleanup.h"
#include "launch-front.h"
#include "state.h"

#define NEVER_KILL UINT32_MAX
#define RECORD_MAX (1 << 20)

/* The name in `stop NAME` and `container stop NAME`, else NULL. */
static const char *read_words(char **argv) {
  char **at = argv + 1;
  if (*at && strcmp(*at, "container") == 0) at++;
  if (!*at || strcmp(*at++, "stop") != 0) return NULL;
  return *at && **at != '-' && !at[1] ? *at : NULL;
}

/* The last member of the record. Milliseconds, NEVER_KILL for a negative number. False for a record that does not end so. */
static bool read_patience(int dir, uint32_t *out) {
  static const char key[] = ",\"stopTimeoutSeconds\":";
  AUTO_CLOSE int fd = openat(dir, "record.json", O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (fd < 0 || fstat(fd, &status) < 0 || status.st_size <= 0 || status.st_size > RECORD_MAX) return false;
  AUTO_FREE char *text = calloc(1, (size_t)status.st_size + 1);
  if (!text || read(fd, text, (size_t)status.st_size) != (ssize_t)status.st_size) return false;
  char *last = NULL, *end;
  for (char *at = text; (at = strstr(at, key)); at++) last = at + sizeof key - 1;
  if (!last) return false;
  long seconds = strtol(last, &end, 10);
  if (end == last || strcmp(end, "}\n") != 0) return false;
  *out = seconds < 0 ? NEVER_KILL : seconds > NEVER_KILL / 1000 - 1 ? NEVER_KILL - 1 : (uint32_t)seconds * 1000;
  return true;
}

/* Reads until the monitor has gone. -errno where it refuses. */
static int await_end(int fd) {
  static uint8_t payload[FRAME_DATA_MAX];
  for (;;) {
    uint8_t header_bytes[FRAME_HEADER_BYTES];
    if (attach_read(fd, header_bytes, sizeof header_bytes) < 0) return 0;
    struct frame_header header = frame_get_header(header_bytes);
    if (header.length > sizeof payload) return -EPROTO;
    if (attach_read(fd, payload, header.length) < 0) return 0;
    int32_t result = header.type == FRAME_ACK && header.length == sizeof result ? (int32_t)frame_u32(payload) : 0;
    if (result < 0) return result;
  }
}

int front_run_stop(struct front_environment *environment, char **argv) {
  const char *refused = front_environment_get(environment, "CALA_NO_SHORTCUT"), *name = read_words(argv);
  static char path[PATH_MAX];
  struct state state;
  uint32_t stop[2] = {0}, wanted = SUBSCRIBE_EXIT;
  if ((refused && *refused) || !name || !front_has_standard_streams() || !front_find_container(environment, name, path)) return FRONT_NOT_TAKEN;
  AUTO_CLOSE int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0 || state_read_running(dir, &state) < 0 || state_is_paused(dir) || !read_patience(dir, &stop[1])) return FRONT_NOT_TAKEN;
  AUTO_CLOSE int fd = attach_connect(dir);
  if (fd < 0 || attach_send(fd, FRAME_SUBSCRIBE, &wanted, sizeof wanted) < 0 || attach_send(fd, FRAME_STOP, stop, sizeof stop) < 0) return FRONT_NOT_TAKEN;
  if (await_end(fd) < 0) return FRONT_NOT_TAKEN;
  dprintf(1, "%s\n", name);
  return 0;
}
