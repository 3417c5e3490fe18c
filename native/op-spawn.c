/* Helpers: programs that serve a container from outside, as children of the monitor. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>

#include "launch.h"
#include "network-watch.h"

#define FUSE_MAGIC 0x65735546
#define DEFAULT_TIMEOUT_MS 10000u

struct helper_pipes {
  int ready[2];
  int words[2];
  int exit[2];
};

/* `{netns:FILE}`: the container's network namespace, mounted on FILE. A helper that has given up capabilities may not look into the files
 * of a process in its own user namespace that has them all (ptrace(2)), as that of a container without a user namespace of its own. */
static char *network_file(const char *text) {
  bool is_one = strncmp(text, "{netns:", strlen("{netns:")) == 0;
  char *file = is_one ? strdup(text + strlen("{netns:")) : NULL;
  if (file) file[strcspn(file, "}")] = 0;
  return file;
}

static char *mounted_network(const char *text, pid_t pid) {
  char *file = network_file(text), source[40];
  if (!file) return NULL;
  snprintf(source, sizeof source, "/proc/%d/ns/net", (int)pid);
  sys_umount(file, UMOUNT_DETACH);
  return sys_mount(source, file, NULL, MOUNT_BIND, NULL) < 0 ? strdup(source) : file;
}

/* Replaces {pid}, {fd} and {exit} in one argument; the result belongs to the caller, who is about to exec. */
static char *substitute(const char *text, pid_t pid, int fd, int exit_fd) {
  if (strncmp(text, "{netns:", 7) == 0) return mounted_network(text, pid);
  size_t size = strlen(text) * 4 + 16, length = 0;
  char *out = malloc(size);
  while (out && *text) {
    int value = -1;
    size_t skip = 0;
    if (strncmp(text, "{pid}", 5) == 0) value = (int)pid, skip = 5;
    else if (strncmp(text, "{fd}", 4) == 0) value = fd, skip = 4;
    else if (strncmp(text, "{exit}", 6) == 0) value = exit_fd, skip = 6;
    if (skip) length += (size_t)snprintf(out + length, size - length, "%d", value);
    else out[length++] = *text;
    text += skip ? skip : 1;
  }
  if (out) out[length] = 0;
  return out;
}

static void inherit(int fd) {
  if (fd >= 0) fcntl(fd, F_SETFD, 0);
}

_Noreturn static void helper_child(const struct op_spawn *args, pid_t container, struct helper_pipes *pipes, pid_t parent) {
  char **argv = plan_list_array(args->argv, 0), **env = plan_list_array(args->env, 0);
  sigset_t none;
  sigemptyset(&none);
  /* Debian 12's pasta refuses to start where SIGPIPE is ignored. */
  for (int number = 1; number < 65; number++) signal(number, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (!argv || !env || !argv[0] || getppid() != parent) _exit(127);
  int null = open("/dev/null", O_RDWR);
  if (null >= 0) dup2(null, 0);
  dup2(pipes->words[1], 1);
  dup2(pipes->words[1], 2);
  /* A terminal's signals are for the container, not for its helpers. */
  setsid();
  sys_close_range(3, ~0u, 4);
  inherit(pipes->ready[1]);
  inherit(pipes->exit[0]);
  for (char **argument = argv; *argument; argument++) *argument = substitute(*argument, container, pipes->ready[1], pipes->exit[0]);
  execve(argv[0], argv, env);
  dprintf(2, "cannot be executed: %s", strerror(errno));
  _exit(127);
}

static int open_pipes(struct helper_pipes *pipes, bool byte) {
  *pipes = (struct helper_pipes){{-1, -1}, {-1, -1}, {-1, -1}};
  if (byte && pipe2(pipes->ready, O_CLOEXEC) < 0) return -errno;
  if (pipe2(pipes->words, O_CLOEXEC | O_NONBLOCK) < 0) return -errno;
  return pipe2(pipes->exit, O_CLOEXEC) < 0 ? -errno : 0;
}

static int spawn_into(struct launch *launch, int slot, uint32_t index, const struct op_spawn *args, pid_t container) {
  struct container_process *process = launch->process;
  struct helper_pipes pipes;
  int result = open_pipes(&pipes, args->ready == PLAN_SPAWN_READY_BYTE);
  /* Listens before the helper runs, so that no route is missed. */
  if (result == 0 && args->ready == PLAN_SPAWN_READY_ROUTE) pipes.ready[0] = network_watch_open(container);
  if (result == 0 && args->ready == PLAN_SPAWN_READY_ROUTE && pipes.ready[0] < 0) result = pipes.ready[0];
  pid_t parent = getpid();
  pid_t pid = result < 0 ? result : fork();
  if (pid == 0) helper_child(args, container, &pipes, parent);
  if (result == 0 && pid < 0) result = -errno;
  if (pipes.ready[1] >= 0) close(pipes.ready[1]);
  if (pipes.words[1] >= 0) close(pipes.words[1]);
  if (pipes.exit[0] >= 0) close(pipes.exit[0]);
  if (result < 0) return result;
  process->helpers[slot] = pid;
  process->helper_ends_alone[slot] = args->end == PLAN_SPAWN_END_ALONE;
  /* The pipe of its words stays open and unread: a full pipe refuses, a closed one would kill. */
  process->helper_fds[slot][0] = pipes.words[0];
  process->helper_fds[slot][1] = pipes.exit[1];
  launch->helper_ready[slot] = pipes.ready[0];
  launch->helper_words[slot] = pipes.words[0];
  process->helper_ops[slot] = index;
  return 0;
}

static int spawn_one(struct launch *launch, uint32_t index, const struct op_spawn *args, pid_t container) {
  struct container_process *process = launch->process;
  if (!process || process->helper_count == CONTAINER_MAX_HELPERS) return -E2BIG;
  int result = spawn_into(launch, process->helper_count, index, args, container);
  if (result == 0) process->helper_count++;
  return result;
}

/* For one that helpers_restart starts. */
static int leave_place(struct container_process *process, uint32_t index) {
  if (process->helper_count == CONTAINER_MAX_HELPERS) return -E2BIG;
  int slot = process->helper_count++;
  process->helpers[slot] = process->helper_fds[slot][0] = process->helper_fds[slot][1] = -1;
  process->helper_ops[slot] = index;
  return 0;
}

/* The place may lie on such a file system already (sshfs): another one is there when its device is another one. */
static bool is_fuse_mount(const char *path) {
  char above[4200];
  struct statfs system;
  struct stat place, parent;
  if (statfs(path, &system) < 0 || system.f_type != FUSE_MAGIC || stat(path, &place) < 0) return false;
  return (size_t)snprintf(above, sizeof above, "%s/..", path) < sizeof above && stat(above, &parent) == 0 && parent.st_dev != place.st_dev;
}

/* 1: ready; 0: not yet; -errno: it ended. */
static int look(struct launch *launch, int slot, const struct op_spawn *args) {
  char byte;
  if (args->ready == PLAN_SPAWN_READY_AT_ONCE) return 1;
  if (args->ready == PLAN_SPAWN_READY_FILE && access(args->ready_path, F_OK) == 0) return 1;
  if (args->ready == PLAN_SPAWN_READY_FUSE_MOUNT && is_fuse_mount(args->ready_path)) return 1;
  struct pollfd poll_ready = {.fd = launch->helper_ready[slot], .events = POLLIN};
  if (args->ready == PLAN_SPAWN_READY_BYTE && poll(&poll_ready, 1, 0) > 0 && read(poll_ready.fd, &byte, 1) == 1) return 1;
  if (args->ready == PLAN_SPAWN_READY_ROUTE && network_watch_ready(launch->helper_ready[slot], args->ready_path)) return 1;
  if (waitpid(launch->process->helpers[slot], NULL, WNOHANG) == 0) return 0;
  launch->process->helpers[slot] = -1;
  return -ECHILD;
}

static int helper_failed(struct launch *launch, int slot, const struct op_spawn *args, int error) {
  char words[400] = "";
  ssize_t length = launch->helper_words[slot] >= 0 ? read(launch->helper_words[slot], words, sizeof words - 1) : 0;
  while (length > 0 && (words[length - 1] == '\n' || words[length - 1] == ' ')) length--;
  words[length > 0 ? length : 0] = 0;
  report_fill(launch->report, REPORT_HELPER, launch->process->helper_ops[slot], -error, NULL);
  snprintf(launch->report->text, sizeof launch->report->text, "%.80s: %s", args->name, words[0] ? words : "ended without a word");
  return error;
}

static uint64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* What a helper that is ready has to say of itself. Others' programs talk, too. */
static void take_note(struct launch *launch, int slot) {
  static const char sign[] = "WARN ";
  char words[sizeof launch->note + sizeof sign];
  ssize_t length = launch->helper_words[slot] >= 0 ? read(launch->helper_words[slot], words, sizeof words - 1) : 0;
  words[length > 0 ? length : 0] = 0;
  if (strncmp(words, sign, strlen(sign)) == 0) snprintf(launch->note, sizeof launch->note, "%.*s", (int)sizeof launch->note - 1, words + strlen(sign));
}

static int wait_one(struct launch *launch, int slot, const struct op_spawn *args) {
  uint64_t deadline = now_ms() + (args->timeout_ms ? args->timeout_ms : DEFAULT_TIMEOUT_MS);
  AUTO_CLOSE int pidfd = sys_pidfd_open(launch->process->helpers[slot]);
  for (;;) {
    int state = look(launch, slot, args);
    if (state > 0) {
      take_note(launch, slot);
      return 0;
    }
    if (state < 0) return helper_failed(launch, slot, args, state);
    if (now_ms() >= deadline) return helper_failed(launch, slot, args, -ETIMEDOUT);
    struct pollfd fds[2] = {{.fd = pidfd, .events = POLLIN}, {.fd = launch->helper_ready[slot], .events = POLLIN}};
    bool by_descriptor = args->ready == PLAN_SPAWN_READY_BYTE || args->ready == PLAN_SPAWN_READY_ROUTE;
    poll(fds, 2, by_descriptor ? (int)(deadline - now_ms()) + 1 : 1);
  }
}

int helpers_spawn(struct launch *launch, unsigned when, pid_t container) {
  uint32_t index = 0;
  for (; (index = plan_find(launch->plan, PLAN_SECTION_HOST, OP_SPAWN, index)) != UINT32_MAX; index++) {
    struct plan_op op = plan_op_at(launch->plan, index);
    struct op_spawn args;
    op_spawn_read(&op, &args);
    if (args.when != when) continue;
    int result = launch->io.is_off ? leave_place(launch->process, index) : spawn_one(launch, index, &args, container);
    if (result < 0) return report_fill(launch->report, REPORT_HELPER, index, -result, args.name);
  }
  return 0;
}

int helpers_wait(struct launch *launch, unsigned when) {
  for (int slot = 0; slot < launch->process->helper_count; slot++) {
    struct plan_op op = plan_op_at(launch->plan, launch->process->helper_ops[slot]);
    struct op_spawn args;
    op_spawn_read(&op, &args);
    if (args.when != when || launch->process->helpers[slot] <= 0) continue;
    int result = wait_one(launch, slot, &args);
    if (launch->helper_ready[slot] >= 0) close(launch->helper_ready[slot]);
    launch->helper_ready[slot] = -1;
    if (result < 0 && op.policy != PLAN_POLICY_IGNORE) return result;
  }
  return 0;
}

/* In the host section's place: helpers that the container's file system needs. The others start when the namespaces exist. */
int run_spawn(struct launch *launch, const struct plan_op *op) {
  struct op_spawn args;
  op_spawn_read(op, &args);
  if (args.when != PLAN_SPAWN_WHEN_BEFORE) return 0;
  int result = spawn_one(launch, launch->report->op_index, &args, 0);
  return result < 0 ? result : wait_one(launch, launch->process->helper_count - 1, &args);
}

static void unmount_network(struct plan_list argv) {
  const unsigned char *cursor = argv.first;
  for (uint32_t i = 0; i < argv.count; i++) {
    AUTO_FREE char *file = network_file(plan_take_string(&cursor));
    if (file) sys_umount(file, UMOUNT_DETACH);
  }
}

static void unmount_all(const struct plan *plan) {
  uint32_t index = 0;
  for (; (index = plan_find(plan, PLAN_SECTION_HOST, OP_SPAWN, index)) != UINT32_MAX; index++) {
    struct plan_op op = plan_op_at(plan, index);
    struct op_spawn args;
    op_spawn_read(&op, &args);
    if (args.ready == PLAN_SPAWN_READY_FUSE_MOUNT) sys_umount(args.ready_path, UMOUNT_DETACH);
    unmount_network(args.argv);
  }
}

static void close_pipes(struct container_process *process, int slot) {
  for (int i = 0; i < 2; i++) {
    if (process->helper_fds[slot][i] >= 0) close(process->helper_fds[slot][i]);
    process->helper_fds[slot][i] = -1;
  }
}

static bool is_of_network(const struct container_process *process, int slot, struct op_spawn *args) {
  struct plan_op op = plan_op_at(process->plan, process->helper_ops[slot]);
  op_spawn_read(&op, args);
  return args->when == PLAN_SPAWN_WHEN_AFTER;
}

/* A killed helper keeps nobody for longer; its interface goes with it. */
#define HALT_PATIENCE_MS 5000

static void halt_one(pid_t pid) {
  struct pollfd end = {.fd = sys_pidfd_open(pid), .events = POLLIN};
  kill(pid, SIGKILL);
  if (end.fd < 0) return;
  poll(&end, 1, HALT_PATIENCE_MS);
  close(end.fd);
}

void helpers_halt(struct container_process *process) {
  for (int slot = 0; slot < process->helper_count; slot++) {
    struct op_spawn args;
    if (process->helpers[slot] <= 0 || !is_of_network(process, slot, &args)) continue;
    halt_one(process->helpers[slot]);
    process->helpers[slot] = -1;
    close_pipes(process, slot);
  }
}

/* The monitor waits this long for its word, and for nothing else. */
#define RESTART_PATIENCE_MS 500

static bool restart_one(struct container_process *process, int slot, const struct op_spawn *args) {
  struct report report = {0};
  struct launch launch = {.plan = process->plan, .process = process, .report = &report};
  close_pipes(process, slot);
  if (spawn_into(&launch, slot, process->helper_ops[slot], args, process->pid) < 0) return false;
  struct pollfd ready = {.fd = launch.helper_ready[slot], .events = POLLIN};
  bool is_ready = ready.fd < 0 || args->ready != PLAN_SPAWN_READY_BYTE || (poll(&ready, 1, RESTART_PATIENCE_MS) > 0 && ready.revents & POLLIN);
  if (ready.fd >= 0) close(ready.fd);
  return is_ready;
}

bool helpers_restart(struct container_process *process) {
  bool all = true;
  for (int slot = 0; slot < process->helper_count; slot++) {
    struct op_spawn args;
    if (process->helpers[slot] <= 0 && is_of_network(process, slot, &args)) all = restart_one(process, slot, &args) && all;
  }
  return all;
}

void helpers_stop(struct container_process *process) {
  if (process->plan) unmount_all(process->plan);
  for (int slot = 0; slot < process->helper_count; slot++)
    if (process->helpers[slot] > 0) kill(process->helpers[slot], SIGKILL);
  for (int slot = 0; slot < process->helper_count; slot++) {
    while (process->helpers[slot] > 0 && !process->helper_ends_alone[slot] && waitpid(process->helpers[slot], NULL, 0) < 0 && errno == EINTR) continue;
    close_pipes(process, slot);
  }
  process->helper_count = 0;
}
