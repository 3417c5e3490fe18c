#define _GNU_SOURCE
#include "stand-in.h"
#include "network-join.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "network-process.h"
#include "sys.h"

#define TRIES 20
#define ANSWER_PATIENCE_MS 30000
#define BACKLOG 512
#define BOUND_FD 3

/* A directory of the user's may be deeper than the 107 bytes of an address. */
static struct sockaddr_un address_of(int dir_fd) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/" NETWORK_SOCKET, dir_fd);
  return address;
}

static int connect_once(int dir_fd) {
  struct sockaddr_un address = address_of(dir_fd);
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
  int error = errno;
  close(fd);
  return -error;
}

/* Runs in a grandchild, so that the process is nobody's child; it gets the bound socket as its descriptor 3, nothing else of ours. */
_Noreturn static void become_network(const struct network_target *target, int bound) {
  char *argv[] = {"cala-network", "network", (char *)target->config, (char *)target->dir, (char *)target->runtime_dir, NULL};
  char *env[] = {NULL};
  sigset_t none;
  sigemptyset(&none);
  for (int number = 1; number < 65; number++) signal(number, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setsid();
  int null = open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3 && null >= 0; fd++) dup2(null, fd);
  if (dup2(bound, BOUND_FD) < 0) _exit(125);
  fcntl(BOUND_FD, F_SETFD, 0);
  sys_close_range(BOUND_FD + 1, ~0u, 4);
  execve("/proc/self/exe", argv, env);
  _exit(125);
}

static int start_process(const struct network_target *target, int dir_fd) {
  struct sockaddr_un address = address_of(dir_fd);
  AUTO_CLOSE int bound = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (bound < 0) return -errno;
  unlinkat(dir_fd, NETWORK_SOCKET, 0);
  if (bind(bound, (struct sockaddr *)&address, sizeof address) < 0 || listen(bound, BACKLOG) < 0) return -errno;
  pid_t between = fork();
  if (between < 0) return -errno;
  if (between == 0) {
    if (fork() == 0) become_network(target, bound);
    _exit(0);
  }
  while (waitpid(between, NULL, 0) < 0 && errno == EINTR) continue;
  return 0;
}

/* Whoever holds the lock may take the socket's name; the process that ends holds it, too. */
static int find_or_start(const struct network_target *target) {
  if (mkdir(target->dir, 0700) < 0 && errno != EEXIST) return -errno;
  AUTO_CLOSE int dir_fd = open(target->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir_fd < 0) return -errno;
  int fd = connect_once(dir_fd);
  if (fd != -ENOENT && fd != -ECONNREFUSED) return fd;
  AUTO_CLOSE int held = -1;
  int locked = lock_or_stand_in(dir_fd, LOCK_EX, &held);
  if (locked < 0) return locked;
  fd = connect_once(dir_fd);
  if (fd != -ENOENT && fd != -ECONNREFUSED) return fd;
  int result = start_process(target, dir_fd);
  return result < 0 ? result : connect_once(dir_fd);
}

static int send_request(int fd, const char *request, int namespace_fd) {
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct iovec part = {(char *)request, strlen(request)};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &namespace_fd, sizeof namespace_fd);
  return sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* 0, -errno with the process's own words, or -EPIPE: it ended before it answered. */
static int ask(int fd, const char *request, int namespace_fd, char *text, size_t size) {
  struct network_answer answer = {0};
  struct pollfd one = {.fd = fd, .events = POLLIN};
  if (send_request(fd, request, namespace_fd) < 0) return -EPIPE;
  int ready;
  do ready = poll(&one, 1, ANSWER_PATIENCE_MS);
  while (ready < 0 && errno == EINTR);
  if (ready == 0) {
    snprintf(text, size, "the network's process does not answer");
    return -ETIMEDOUT;
  }
  if (recv(fd, &answer, sizeof answer, MSG_DONTWAIT) != (ssize_t)sizeof answer) return -EPIPE;
  answer.text[sizeof answer.text - 1] = 0;
  if (answer.error) snprintf(text, size, "%s", answer.text);
  return -answer.error;
}

int network_join(const struct network_target *target, pid_t pid, char *text, size_t size) {
  char path[40];
  snprintf(path, sizeof path, "/proc/%d/ns/net", (int)pid);
  AUTO_CLOSE int namespace_fd = open(path, O_RDONLY | O_CLOEXEC);
  snprintf(text, size, "the network's process cannot be started");
  if (namespace_fd < 0) return -errno;
  int result = -EPIPE;
  /* The last member may have left just now, and the process with it. */
  for (int tries = 0; tries < TRIES && result == -EPIPE; tries++) {
    if (tries > 1) usleep(1000u << (tries < 8 ? tries : 8));
    AUTO_CLOSE int fd = find_or_start(target);
    if (fd < 0) return fd;
    result = ask(fd, target->request, namespace_fd, text, size);
    if (result == 0) return take_fd(&fd);
  }
  return result;
}
