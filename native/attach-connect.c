/* Connections to a monitor. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "attach.h"

int attach_connect(int dir_fd)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/attach", dir_fd);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  while (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    if (errno == EINTR) continue;
    int error = errno;
    close(fd);
    return -error;
  }
  return fd;
}

int attach_send(int fd, enum frame_type type, const void *payload, uint32_t length)
{
  uint8_t frame[FRAME_HEADER_BYTES + 16];
  frame_put_header(frame, type, length);
  if (length > 0) memcpy(frame + FRAME_HEADER_BYTES, payload, length);
  /* So small a frame is taken whole or not at all. */
  return send(fd, frame, FRAME_HEADER_BYTES + length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

int attach_read(int fd, void *into, size_t length)
{
  size_t done = 0;
  while (done < length) {
    ssize_t got = read(fd, (char *)into + done, length - done);
    if (got == 0) return -EPIPE;
    if (got > 0) done += (size_t)got;
    if (got >= 0 || errno == EINTR) continue;
    if (errno != EAGAIN) return -errno;
    struct pollfd one = {.fd = fd, .events = POLLIN};
    poll(&one, 1, -1);
  }
  return 0;
}

int attach_read_report(int fd, struct report *report)
{
  uint8_t header_bytes[FRAME_HEADER_BYTES], payload[FRAME_REPORT_MAX];
  int result = attach_read(fd, header_bytes, sizeof header_bytes);
  if (result < 0) return result;
  struct frame_header header = frame_get_header(header_bytes);
  if (header.type != FRAME_REPORT || header.length > sizeof payload) return -EPROTO;
  result = attach_read(fd, payload, header.length);
  return result < 0 ? result : frame_get_report(payload, header.length, report);
}
