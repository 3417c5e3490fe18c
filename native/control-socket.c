/* The listening control socket of a container. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "monitor.h"

#define CONTROL_SOCKET_NAME "attach"
#define CONTROL_BACKLOG 128

int control_socket_listen(int dir_fd)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  /* A container's directory may be deeper than the 107 bytes that fit in an address. */
  snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/" CONTROL_SOCKET_NAME, dir_fd);
  unlinkat(dir_fd, CONTROL_SOCKET_NAME, 0);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  mode_t mask = umask(0177);
  int result = bind(fd, (struct sockaddr *)&address, sizeof address);
  umask(mask);
  if (result < 0 || listen(fd, CONTROL_BACKLOG) < 0) {
    int error = errno;
    close(fd);
    return -error;
  }
  return fd;
}

void control_socket_accept(struct monitor *monitor)
{
  for (;;) {
    bool has_room = control_has_room(monitor);
    int fd = has_room ? accept4(monitor->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK) : -1;
    if (has_room && fd < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
    if (!has_room || (fd < 0 && errno != EAGAIN)) { /* the others wait in the kernel's queue until somebody leaves */
      monitor_change(monitor, monitor->listen_fd, 0, SOURCE_LISTEN, 0);
      monitor->listen_is_armed = false;
      return;
    }
    if (fd < 0) return;
    struct client *client = control_client_add(monitor, fd);
    if (client == NULL) close(fd);
    else control_client_read(monitor, client);
  }
}

void control_socket_close(struct monitor *monitor)
{
  if (monitor->listen_fd < 0) return;
  unlinkat(monitor->dir_fd, CONTROL_SOCKET_NAME, 0);
  control_socket_accept(monitor);
  monitor_unwatch(monitor, monitor->listen_fd);
  close(monitor->listen_fd);
  monitor->listen_fd = -1;
}
