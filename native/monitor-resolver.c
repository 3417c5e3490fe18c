/* The container's resolv.conf follows the host's while the container runs: its file is rewritten in place, since it is mounted. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include "monitor.h"

#define HOST_FILE "/etc/resolv.conf"
#define UPSTREAM_FILE "/run/systemd/resolve/resolv.conf"
#define DIRECTORY_EVENTS (IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE)
#define FILE_EVENTS (IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF)
/* Where the user's share of inotify instances is used up (fs.inotify.max_user_instances), the file's time is looked at instead. */
#define LOOK_MS 1500

static size_t read_text(const char *path, char out[RESOLVER_TEXT_MAX])
{
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? 0 : read(fd, out, RESOLVER_TEXT_MAX - 1);
  if (fd >= 0) close(fd);
  out[length > 0 ? length : 0] = 0;
  return length > 0 ? (size_t)length : 0;
}

static uint64_t hash_of(const char *text, size_t length)
{
  uint64_t hash = 0xcbf29ce484222325u;
  for (size_t i = 0; i < length; i++) hash = (hash ^ (uint8_t)text[i]) * 0x100000001b3u;
  return hash;
}

static int64_t time_of_host_file(void)
{
  struct stat file;
  if (stat(HOST_FILE, &file) < 0) return 0;
  return (int64_t)file.st_mtim.tv_sec * 1000000000 + file.st_mtim.tv_nsec + (int64_t)file.st_ino;
}

/* A symbolic link's target is replaced in its own directory. */
static void add_watches(int fd)
{
  char target[PATH_MAX];
  inotify_add_watch(fd, "/etc", DIRECTORY_EVENTS | IN_ONLYDIR);
  inotify_add_watch(fd, HOST_FILE, FILE_EVENTS);
  if (realpath(HOST_FILE, target) == NULL || strcmp(target, HOST_FILE) == 0) return;
  *strrchr(target, '/') = 0;
  inotify_add_watch(fd, target[0] ? target : "/", DIRECTORY_EVENTS | IN_ONLYDIR);
}

static void rewrite(struct monitor *monitor)
{
  const struct resolver_rules *rules = &monitor->settings.resolver;
  char *texts = malloc(3 * RESOLVER_TEXT_MAX);
  if (texts == NULL) return;
  char *host = texts, *upstream = texts + RESOLVER_TEXT_MAX, *made = texts + 2 * RESOLVER_TEXT_MAX;
  read_text(HOST_FILE, host);
  read_text(UPSTREAM_FILE, upstream);
  size_t length = resolver_text(rules, host, upstream, made);
  size_t present = read_text(rules->path, host);
  uint64_t hash = hash_of(host, present);
  /* Somebody in the container has written it himself: then it is his. An empty file of the host's is one that is being written. */
  bool is_ours = monitor->resolver_hash == 0 || hash == monitor->resolver_hash;
  monitor->resolver_time = time_of_host_file();
  if (length > 0 && is_ours && hash != hash_of(made, length)) {
    int fd = open(rules->path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && pwrite(fd, made, length, 0) == (ssize_t)length && ftruncate(fd, (off_t)length) == 0) hash = hash_of(made, length);
    if (fd >= 0) close(fd);
  }
  if (is_ours) monitor->resolver_hash = hash;
  free(texts);
}

void monitor_resolver_begin(struct monitor *monitor)
{
  if (monitor->settings.resolver.path == NULL || monitor->resolver_fd >= 0) return;
  monitor->resolver_hash = 0;
  monitor->resolver_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (monitor->resolver_fd < 0) {
    monitor->resolver_time = time_of_host_file();
    monitor->resolver_at = timestamp_monotonic_ms() + LOOK_MS;
    return;
  }
  add_watches(monitor->resolver_fd);
  monitor_watch(monitor, monitor->resolver_fd, EPOLLIN, SOURCE_RESOLVER, 0);
}

void monitor_resolver_end(struct monitor *monitor)
{
  if (monitor->resolver_fd >= 0) close(monitor->resolver_fd);
  monitor->resolver_fd = -1;
  monitor->resolver_at = 0;
}

void monitor_resolver_event(struct monitor *monitor)
{
  _Alignas(struct inotify_event) char events[2048];
  bool concerns = false;
  ssize_t length;
  while ((length = read(monitor->resolver_fd, events, sizeof events)) > 0) {
    for (char *at = events; at < events + length;) {
      struct inotify_event event;
      memcpy(&event, at, sizeof event);
      /* Of a directory any name counts that may be the file's; of the file itself there is none. */
      const char *name = at + sizeof event;
      if (event.len == 0 || strstr(name, "resolv") != NULL) concerns = true;
      at += sizeof event + event.len;
    }
  }
  if (!concerns) return;
  add_watches(monitor->resolver_fd); /* the file is another by now */
  rewrite(monitor);
}

void monitor_resolver_look(struct monitor *monitor)
{
  monitor->resolver_at = timestamp_monotonic_ms() + LOOK_MS;
  if (time_of_host_file() != monitor->resolver_time) rewrite(monitor);
}
