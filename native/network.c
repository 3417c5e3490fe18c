/* The applet `network CONFIG DIR RUNTIME_DIR`: the process of one user-defined network, started by the monitor of the first container on
 * it (network-join.c) and gone with the last. Descriptor 3 is the listening socket DIR/join; it knows nothing that does not come from
 * CONFIG and from its members, so that another can take its place at any time. */
#define _GNU_SOURCE
#include "stand-in.h"
#include "network.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "applets.h"
#include "cleanup.h"
#include "container.h"
#include "network-process.h"
#include "userns.h"

#define JOIN_FD 3
/* How long the first member may take; it has connected before this process began. */
#define FIRST_PATIENCE_MS 10000

void network_watch(struct network *network, struct source *source, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = source};
  epoll_ctl(network->epoll_fd, EPOLL_CTL_ADD, source->fd, &event);
}

void network_unwatch(struct network *network, struct source *source) {
  epoll_ctl(network->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
}

static bool is_joined_now(int fd) {
  struct pollfd one = {.fd = fd, .events = POLLIN};
  return poll(&one, 1, 0) > 0;
}

/* The last one has left. Whoever looks for us now either has connected already or waits for the lock, and then starts another. */
static bool may_end(struct network *network) {
  AUTO_CLOSE int dir_fd = open(network->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir_fd < 0) return true;
  AUTO_CLOSE int held = -1;
  if (lock_or_stand_in(dir_fd, LOCK_EX | LOCK_NB, &held) < 0 || is_joined_now(network->joins.fd)) return false;
  unlinkat(dir_fd, NETWORK_SOCKET, 0);
  unlinkat(dir_fd, NETWORK_NAMES_SOCKET, 0);
  close(network->joins.fd);
  /* A gate's directory is its container's alone. */
  if (network->config && network->config->outside_count > 0) rmdir(network->dir);
  return true;
}

static void loop(struct network *network) {
  bool had_member = false;
  for (;;) {
    int patience = forward_patience(network), gate = gate_patience(network);
    if (!network->members && patience < 0) patience = had_member || network->failure < 0 ? 10 : FIRST_PATIENCE_MS;
    if (gate >= 0 && (patience < 0 || gate < patience)) patience = gate;
    /* One at a time: what is handled may close what would come next. */
    struct epoll_event event;
    int count = epoll_wait(network->epoll_fd, &event, 1, patience);
    if (count > 0) {
      struct source *source = event.data.ptr;
      source->ready(network, source);
    }
    if (network->members) had_member = true;
    else if ((had_member || network->failure < 0 || count == 0) && network->joining == 0 && may_end(network)) return;
  }
}

static int open_all(struct network *network, const char **what) {
  *what = "the network's configuration cannot be read";
  int result = network_config_read(network);
  if (result == 0) result = bridge_create(network, what);
  if (result == 0) result = gate_open(network, what);
  return result < 0 ? result : dns_listen(network, what);
}

int applet_network(int argc, char **argv) {
  static struct network network = {.namespace_fd = -1, .link_fd = -1};
  static char *no_ids[] = {NULL};
  struct report report = {0};
  if (argc != 4) return 125;
  prctl(PR_SET_NAME, "cala-network");
  signal(SIGPIPE, SIG_IGN);
  network.config_path = argv[1];
  network.dir = argv[2];
  if (chdir("/") < 0 || userns_enter(argv[3], no_ids, no_ids, &report) < 0) return 125;
  network.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  network.joins = (struct source){.fd = JOIN_FD, .ready = network_accept};
  fcntl(JOIN_FD, F_SETFD, FD_CLOEXEC);
  network.failure = open_all(&network, &network.failure_text);
  network_watch(&network, &network.joins, EPOLLIN);
  loop(&network);
  userns_leave();
  return 0;
}
