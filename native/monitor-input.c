/* Standard input of the container: one buffer for all clients, read from a client only when there is room in it. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>
#include "monitor.h"

#define TERMINAL_EOF "\004\004"

void monitor_input_close(struct monitor *monitor)
{
  struct input *input = &monitor->input;
  if (input->fd >= 0) {
    if (input->is_armed) monitor_unwatch(monitor, input->fd);
    close(input->fd);
  }
  input->fd = -1;
  input->is_armed = input->is_closing = false;
  input->start = input->end = 0;
  control_clients_resume_input(monitor);
}

/* A terminal has no end of its own: the program sees one when the end-of-file key comes at the start of a line. */
static void monitor_input_end_terminal(struct monitor *monitor, uint8_t last)
{
  size_t keys = last == '\n' || last == '\r' || last == 0 ? 1 : 2;
  if (write(monitor->input.fd, TERMINAL_EOF, keys) < 0) return;
}

static void monitor_input_watch(struct monitor *monitor, bool wanted)
{
  struct input *input = &monitor->input;
  if (input->is_armed == wanted) return;
  input->is_armed = wanted;
  if (wanted) monitor_watch(monitor, input->fd, EPOLLOUT, SOURCE_INPUT, 0);
  else monitor_unwatch(monitor, input->fd);
}

void monitor_input_write(struct monitor *monitor)
{
  struct input *input = &monitor->input;
  if (input->fd < 0) return;
  while (input->start < input->end) {
    ssize_t wrote = write(input->fd, input->buffer + input->start, input->end - input->start);
    if (wrote > 0) {
      input->start += (uint32_t)wrote;
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN) {
      monitor_input_watch(monitor, true);
      return;
    }
    monitor_input_close(monitor); /* nobody reads it any more */
    return;
  }
  monitor_input_watch(monitor, false);
  uint8_t last = input->end > 0 ? input->buffer[input->end - 1] : 0;
  input->start = input->end = 0;
  if (input->is_closing) {
    if (monitor->settings.flags & MONITOR_TTY) monitor_input_end_terminal(monitor, last);
    monitor_input_close(monitor);
    return;
  }
  control_clients_resume_input(monitor);
}

void monitor_input_end(struct monitor *monitor)
{
  if (monitor->input.fd < 0) return;
  monitor->input.is_closing = true;
  if (!monitor->input.is_armed) monitor_input_write(monitor);
}

ssize_t monitor_input_take(struct monitor *monitor, int fd, uint32_t limit)
{
  struct input *input = &monitor->input;
  if (input->fd < 0 || input->is_closing) {
    uint8_t discarded[4096];
    ssize_t got = recv(fd, discarded, limit < sizeof discarded ? limit : sizeof discarded, MSG_DONTWAIT);
    return got < 0 ? -errno : got;
  }
  uint32_t room = MONITOR_INPUT_BYTES - input->end;
  if (room == 0) return -ENOBUFS;
  ssize_t got = recv(fd, input->buffer + input->end, limit < room ? limit : room, MSG_DONTWAIT);
  if (got < 0) return -errno;
  input->end += (uint32_t)got;
  if (!input->is_armed) monitor_input_write(monitor);
  return got;
}
