/* The journal is waited for, as a pipe's reader would be: what is written is not lost because it is busy. */
#define _GNU_SOURCE
#include "log-journal.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

static const char *const priorities[] = {"\nPRIORITY=6\n", "\nPRIORITY=3\n"};

int log_journal_open(struct log_journal *journal, const char *socket_path, const char *fields)
{
  *journal = (struct log_journal){.fd = -1, .socket = socket_path, .fields = fields};
  if (strlen(socket_path) >= sizeof(((struct sockaddr_un *)0)->sun_path)) return -ENAMETOOLONG;
  journal->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  return journal->fd < 0 ? -errno : 0;
}

/* One entry. Not connected: the journal may be restarted, and has its socket under the same name then. 0 or -errno. */
static int log_journal_send(const struct log_journal *journal, enum log_stream stream, const uint8_t *text, size_t length, int is_partial)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strcpy(address.sun_path, journal->socket);
  const char *partial = is_partial ? "CONTAINER_PARTIAL_MESSAGE=true\n" : "";
  struct iovec pieces[] = {
    {"MESSAGE=", 8}, {(void *)text, length}, {(void *)priorities[stream], strlen(priorities[stream])},
    {(void *)journal->fields, strlen(journal->fields)}, {(void *)partial, strlen(partial)},
  };
  struct msghdr message = {.msg_name = &address, .msg_namelen = sizeof address, .msg_iov = pieces, .msg_iovlen = 5};
  for (;;) {
    if (sendmsg(journal->fd, &message, MSG_NOSIGNAL) >= 0) return 0;
    if (errno != EINTR) return -errno;
  }
}

size_t log_journal_append(struct log_journal *journal, enum log_stream stream, const uint8_t *data, size_t length, enum log_rest rest, uint64_t *lost, int *error)
{
  size_t taken = 0;
  while (taken < length) {
    const uint8_t *newline = memchr(data + taken, '\n', length - taken);
    if (newline == NULL && rest == LOG_REST_LINE) break;
    size_t part = newline == NULL ? length - taken : (size_t)(newline - data) - taken;
    if (newline == NULL && rest == LOG_REST_CHARACTER) part = log_whole_characters(data + taken, part);
    if (part == 0 && newline == NULL) break;
    int result = log_journal_send(journal, stream, data + taken, part, newline == NULL);
    if (result < 0) {
      *lost += part;
      *error = -result;
    }
    taken += part + (newline != NULL);
  }
  return taken;
}
