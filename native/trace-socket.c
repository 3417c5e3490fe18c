/* Addresses of UNIX sockets that are paths. There is room for 107 characters in them, and roots have long names: the alias, a short link to
 * the root, comes first then. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "trace.h"

int trace_socket_call(struct trace_call *call) {
  struct sockaddr_un address = {0};
  struct trace_path path;
  char text[sizeof address.sun_path + 1] = "";
  bool read_only;
  uint64_t place, length = trace_argument(call->registers, 2);
  size_t start = offsetof(struct sockaddr_un, sun_path);
  if (length <= start || length > sizeof address) return TRACE_PASS;
  if (trace_read(call->tracee->pid, trace_argument(call->registers, 1), &address, (size_t)length) < 0) return -EFAULT;
  if (address.sun_family != AF_UNIX || !address.sun_path[0]) return TRACE_PASS;
  memcpy(text, address.sun_path, (size_t)length - start);
  int result = trace_resolve(call, AT_FDCWD, text, trace_number(call->registers) == SYS_connect, &path);
  if (result < 0) return result;
  char root[PATH_MAX], longer[2 * PATH_MAX];
  snprintf(longer, sizeof longer, "%s", path.host);
  if (strlen(longer) >= sizeof address.sun_path && *call->trace->space->alias && trace_space_host(call->trace->space, "", root, &read_only) == 0 &&
      strncmp(path.host, root, strlen(root)) == 0)
    snprintf(longer, sizeof longer, "%s%s", call->trace->space->alias, path.host + strlen(root));
  if (strlen(longer) >= sizeof address.sun_path) return -ENAMETOOLONG;
  strcpy(address.sun_path, longer);
  result = trace_put(call, &address, sizeof address, &place);
  if (result < 0) return result;
  *trace_slot(call->registers, 1) = place;
  *trace_slot(call->registers, 2) = start + strlen(longer) + 1;
  return TRACE_REWRITTEN;
}
