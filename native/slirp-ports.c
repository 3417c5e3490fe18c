/* slirp-ports SOCKET PROTOCOL/ADDRESS/HOSTPORT/PORT…: asks a running slirp4netns to forward ports; its API takes one request per connection. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "applets.h"

#define CONNECT_TRIES 9000
#define WAIT_NS 1000000

struct forward {
  char protocol[5];
  char address[64];
  unsigned host_port;
  unsigned port;
};

static int connect_once(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) return -ENAMETOOLONG;
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
  int error = errno;
  close(fd);
  return -error;
}

/* The helper starts at the same time as we do. */
static int connect_when_there(const char *path) {
  int fd = -ENOENT;
  for (int i = 0; i < CONNECT_TRIES; i++) {
    fd = connect_once(path);
    if (fd != -ENOENT && fd != -ECONNREFUSED) return fd;
    nanosleep(&(struct timespec){.tv_nsec = WAIT_NS}, NULL);
  }
  return fd;
}

static int parse(const char *text, struct forward *out) {
  int end = 0;
  if (sscanf(text, "%4[a-z]/%63[0-9a-fA-F.:]/%5u/%5u%n", out->protocol, out->address, &out->host_port, &out->port, &end) != 4) return -EINVAL;
  return text[end] == 0 && out->host_port <= 65535 && out->port <= 65535 ? 0 : -EINVAL;
}

static int request(const char *path, const struct forward *forward, char *answer, size_t size) {
  int fd = connect_when_there(path);
  if (fd < 0) return fd;
  char text[320];
  int length = snprintf(text, sizeof text,
    "{\"execute\":\"add_hostfwd\",\"arguments\":{\"proto\":\"%s\",\"host_addr\":\"%s\",\"host_port\":%u,\"guest_port\":%u}}",
    forward->protocol, forward->address, forward->host_port, forward->port);
  ssize_t sent = send(fd, text, (size_t)length, MSG_NOSIGNAL);
  shutdown(fd, SHUT_WR);
  size_t used = 0;
  ssize_t count = 0;
  while (sent == length && used < size - 1 && (count = read(fd, answer + used, size - 1 - used)) > 0) used += (size_t)count;
  answer[used] = 0;
  close(fd);
  return sent == length && used > 0 ? 0 : -EIO;
}

static int forward_all(int argc, char **argv) {
  for (int i = 2; i < argc; i++) {
    struct forward forward;
    char answer[512] = "";
    int result = parse(argv[i], &forward);
    if (result == 0) result = request(argv[1], &forward, answer, sizeof answer);
    if (result == 0 && !strstr(answer, "\"error\"")) continue;
    const char *why = result < 0 ? strerror(-result) : strstr(answer, "slirp_add_hostfwd failed") ? "the port is in use or not allowed" : answer;
    if (result == -EINVAL) dprintf(2, "\"%s\" is not PROTOCOL/ADDRESS/HOSTPORT/PORT\n", argv[i]);
    else dprintf(2, "cannot publish %s:%u/%s: %s\n", forward.address, forward.host_port, forward.protocol, why);
    return 1;
  }
  return 0;
}

/* Nobody else ever asks, so the socket's file goes at once and cannot be left behind. */
int applet_slirp_ports(int argc, char **argv) {
  int result = argc > 2 ? forward_all(argc, argv) : 1;
  if (argc > 1) unlink(argv[1]);
  return result;
}
