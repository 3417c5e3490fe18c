/* The last op: the program itself. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "handed.h"
#include "launch.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

int enter_directory(const char *path);

static const char *variable(char **environment, const char *name) {
  size_t length = strlen(name);
  for (char **entry = environment; entry && *entry; entry++)
    if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=') return *entry + length + 1;
  return NULL;
}

static void add_home(struct launch *launch) {
  static char entry[sizeof launch->home + 8];
  if (!launch->environment || variable(launch->environment, "HOME")) return;
  snprintf(entry, sizeof entry, "HOME=%s", launch->home[0] ? launch->home : "/");
  char **end = launch->environment;
  while (*end) end++;
  *end = entry;
}

static int is_program(const char *path) {
  if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0) return -errno;
  AUTO_CLOSE int directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  return directory >= 0 ? -EACCES : 0;
}

/* Where `name` is found along PATH; EACCES if only unusable files bear it. */
static int find_program(const char *name, const char *path, char *found, size_t size) {
  int result = -ENOENT;
  if (strchr(name, '/')) {
    if ((size_t)snprintf(found, size, "%s", name) >= size) return -ENAMETOOLONG;
    return is_program(found);
  }
  if (!*name) return -ENOENT;
  for (const char *at = path; at; ) {
    size_t length = strcspn(at, ":");
    int written = snprintf(found, size, "%.*s%s%s", (int)length, at, length ? "/" : "./", name);
    int usable = (size_t)written < size ? is_program(found) : -ENAMETOOLONG;
    if (usable == 0) return 0;
    if (usable == -EACCES) result = -EACCES;
    at = at[length] ? at + length + 1 : NULL;
  }
  return result;
}

static void default_signals(void) {
  /* By system call, for libc keeps some numbers to itself: glibc's posix_spawn, by which Node started us, leaves 32 and 33 ignored. */
  static const unsigned char action[64];
  for (int number = 1; number < 65; number++) syscall(SYS_rt_sigaction, number, action, NULL, 8);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

/* PID 1 is this program's `init` applet, from its sealed memory: nothing has to be put into the container for it. */
static int exec_init(struct launch *launch, struct plan_list list) {
  AUTO_FREE char **arguments = plan_list_array(list, 3);
  if (!arguments) return -ENOMEM;
  memmove(arguments + 3, arguments, list.count * sizeof *arguments);
  arguments[0] = "cala-init";
  arguments[1] = "init";
  arguments[2] = "--";
  return (int)sys_result(syscall(SYS_execveat, launch->self, "", arguments, launch->environment, AT_FLAG_EMPTY_PATH));
}

/* A container ends with its monitor: nobody would see its end, nor read what it writes. The kernel forgets this when the
 * process changes its user, so it comes last; one that does so itself is ended by the monitor's keeper. */
static int end_with_monitor(const struct launch *launch) {
  char byte;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) return -errno;
  return recv(launch->sync, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0 ? -EPIPE : 0;
}

int run_exec(struct launch *launch, const struct plan_op *op) {
  struct op_exec args;
  op_exec_read(op, &args);
  char found[4200];
  if (args.arguments.count == 0) return -ENOENT;
  AUTO_FREE char **arguments = plan_list_array(args.arguments, 0);
  if (!launch->environment) launch->environment = calloc(2, sizeof *launch->environment);
  if (launch->environment && launch->io.handed && launch->io.handed->listening) launch->environment = handed_environment(launch->io.handed, launch->environment);
  if (!arguments || !launch->environment) return -ENOMEM;
  if (launch->directory) {
    int entered = enter_directory(launch->directory);
    if (entered < 0) {
      launch_explain(launch, "working directory", launch->directory);
      return entered;
    }
  }
  add_home(launch);
  const char *path = variable(launch->environment, "PATH");
  int result = find_program(arguments[0], path ? path : DEFAULT_PATH, found, sizeof found);
  if (result < 0) return result;
  default_signals();
  if (launch->plan->kind == PLAN_KIND_CONTAINER && end_with_monitor(launch) < 0) return -EPIPE;
  sys_close_range(3, ~0u, 4);
  handed_release(launch->io.handed);
  if (args.flags & PLAN_EXEC_FLAG_INIT) return exec_init(launch, args.arguments);
  execve(found, arguments, launch->environment);
  result = -errno;
  /* The program was there a moment ago: it is its interpreter that is missing. */
  if (result == -ENOENT) launch_explain(launch, "the interpreter of the program is missing", found);
  return result;
}
