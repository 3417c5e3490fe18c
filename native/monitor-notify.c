/* Telling the service manager that started the container (sd_notify(3)): for the container, by proxy, or for ourselves. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "monitor.h"
#include "plan-ops.h"

#define NOTIFY_BYTES 4096

/* `@` stands for the NUL of an abstract name. */
static socklen_t notify_address(const char *path, struct sockaddr_un *out)
{
  size_t length = strlen(path);
  *out = (struct sockaddr_un){.sun_family = AF_UNIX};
  if (length == 0 || length >= sizeof out->sun_path) return 0;
  memcpy(out->sun_path, path, length);
  if (path[0] == '@') out->sun_path[0] = '\0';
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

/* Nobody can be told when this fails: the manager gives up by itself. */
static void notify_send(const struct monitor *monitor, const char *text)
{
  struct sockaddr_un address;
  socklen_t size = notify_address(monitor->settings.notify_socket, &address);
  int fd = size == 0 ? -1 : socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&address, size);
  close(fd);
}

static void notify_tell(const struct monitor *monitor, bool is_ready)
{
  char text[64];
  snprintf(text, sizeof text, "MAINPID=%d%s", (int)getpid(), is_ready ? "\nREADY=1" : "");
  notify_send(monitor, text);
}

int monitor_notify_open(struct monitor *monitor)
{
  if (monitor->settings.notify_mode != PLAN_NOTIFY_CONTAINER) return 0;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  /* A container's directory may be deeper than the 107 bytes that fit in an address. */
  snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/notify/socket", monitor->dir_fd);
  unlinkat(monitor->dir_fd, "notify/socket", 0);
  monitor->notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (monitor->notify_fd < 0 || bind(monitor->notify_fd, (struct sockaddr *)&address, sizeof address) < 0) return -errno;
  /* Whoever the container's program is. */
  if (fchmodat(monitor->dir_fd, "notify/socket", 0666, 0) < 0) return -errno;
  return monitor_watch(monitor, monitor->notify_fd, EPOLLIN, SOURCE_NOTIFY, 0);
}

void monitor_notify_started(struct monitor *monitor)
{
  if (monitor->settings.notify_mode == PLAN_NOTIFY_NONE || monitor->settings.notify_mode == PLAN_NOTIFY_HEALTHY) return;
  notify_tell(monitor, monitor->settings.notify_mode == PLAN_NOTIFY_MONITOR);
}

void monitor_notify_healthy(struct monitor *monitor)
{
  if (monitor->settings.notify_mode == PLAN_NOTIFY_HEALTHY) notify_tell(monitor, true);
}

/* Everything but what is ours to say: who the main process is, and descriptors, which cannot be passed on. */
static void notify_relay(const struct monitor *monitor, char *text)
{
  char kept[NOTIFY_BYTES] = "";
  size_t used = 0;
  for (char *save = NULL, *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
    if (strncmp(line, "MAINPID=", 8) == 0 || strncmp(line, "FDSTORE", 7) == 0 || strncmp(line, "FDNAME=", 7) == 0) continue;
    used += (size_t)snprintf(kept + used, sizeof kept - used, "%s%s", used > 0 ? "\n" : "", line);
  }
  if (used > 0) notify_send(monitor, kept);
}

void monitor_notify_read(struct monitor *monitor)
{
  char text[NOTIFY_BYTES];
  for (;;) {
    ssize_t length = recv(monitor->notify_fd, text, sizeof text - 1, MSG_DONTWAIT);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return;
    text[length] = '\0';
    notify_relay(monitor, text);
  }
}
