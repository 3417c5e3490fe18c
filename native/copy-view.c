#define _GNU_SOURCE
#include "copy-view.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include "accounts.h"
#include "confined.h"
#include "launch.h"
#include "layer-base.h"
#include "userns.h"

#define MOST_LINKS 40
#define MAX_MAP_LINES 341
#define PROC_MAGIC 0x9fa0
#define SYSFS_MAGIC 0x62656572

static int open_process(const char *pid_text, const char *start_text, int *root) {
  char path[40];
  long pid = strtol(pid_text, NULL, 10);
  AUTO_CLOSE int pidfd = sys_pidfd_open((pid_t)pid);
  snprintf(path, sizeof path, "/proc/%ld/root", pid);
  *root = pidfd < 0 ? -1 : open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  int error = pidfd < 0 ? ESRCH : errno;
  /* Looked at after the descriptor exists: now the pid was not somebody else's when it was opened. */
  if (*root >= 0 && process_start_time((pid_t)pid) == strtoull(start_text, NULL, 10)) return 0;
  if (*root >= 0) error = ESRCH;
  return layer_fail(error, error == ESRCH ? "container-ended" : "container-root-closed", NULL, error == ESRCH ? "the container has ended meanwhile" : "the container's root cannot be opened: %s", strerror(error));
}

static bool is_below(const char *path, const char *directory) {
  size_t length = strlen(directory);
  return strncmp(path, directory, length) == 0 && (path[length] == '/' || path[length] == 0);
}

/* Binds of directories and files that hold something; devices and the kernel's file systems are no place to copy to. */
static int run_bind(struct launch *launch, const struct plan_op *op) {
  struct op_mount_bind args;
  op_mount_bind_read(op, &args);
  if (is_below(args.destination, "/dev") || is_below(args.destination, "/proc") || is_below(args.destination, "/sys")) return 0;
  int result = run_mount_bind(launch, op);
  return result == -ENOENT ? 0 : result;
}

static int run_op(struct launch *launch, const struct plan_op *op) {
  switch (op->code) {
    case OP_SPAWN: return run_spawn(launch, op);
    case OP_TRANSLATE_ROOT: return run_translate_root(launch, op);
    case OP_ROOT_OVERLAY: return run_root_overlay(launch, op);
    case OP_ROOT_BIND: return run_root_bind(launch, op);
    case OP_MOUNT_BIND: return run_bind(launch, op);
    case OP_ROOT_READ_ONLY: return run_root_read_only(launch, op);
    default: return 0;
  }
}

static int run_section(struct launch *launch, unsigned section) {
  struct plan_range range = launch->plan->sections[section];
  for (uint32_t index = range.first; index < range.first + range.count; index++) {
    struct plan_op op = plan_op_at(launch->plan, index);
    launch->report->op_index = index;
    int result = run_op(launch, &op);
    if (result < 0 && op.policy != PLAN_POLICY_IGNORE)
      return layer_fail(-result, "container-root-unmountable", NULL, "the container's files cannot be mounted: %s%s%s", strerror(-result), launch->report->text[0] ? ": " : "", launch->report->text);
  }
  return 0;
}

static int open_plan(struct copy_view *view, const char *file) {
  struct report report = {0};
  struct launch launch;
  if (plan_read_file(file, &view->plan, &report) < 0) return layer_fail(EINVAL, "plan-invalid", NULL, "the container's plan cannot be used: %s", report.text);
  launch_init(&launch, view->plan, &report);
  view->helpers.plan = view->plan;
  launch.process = &view->helpers;
  int result = run_section(&launch, PLAN_SECTION_HOST);
  if (result == 0) result = run_section(&launch, PLAN_SECTION_SETUP);
  view->root = launch.root;
  return result;
}

static void split_lines(char *text, char **lines) {
  int count = 0;
  for (char *line = strtok(text, ";"); line && count < MAX_MAP_LINES - 1; line = strtok(NULL, ";")) lines[count++] = line;
  lines[count] = NULL;
}

/* From here on ids are the container's. The real user id stays, so that helpers can be ended. */
static int enter_ids(char *const *uids, char *const *gids) {
  struct report report = {0};
  int result = userns_nest(uids, gids, &report);
  if (result == 0 && (setresgid((gid_t)-1, 0, 0) < 0 || setresuid((uid_t)-1, 0, 0) < 0)) result = -errno;
  return result < 0 ? layer_fail(-result, "userns-refused", NULL, "the container's ids cannot be taken on: %s", strerror(-result)) : 0;
}

int copy_view_open(struct copy_view *view, char **argv, int argc, int *at) {
  *view = (struct copy_view){.root = -1, .helpers = {.pidfd = -1, .pty_master = -1}};
  const char *kind = *at < argc ? argv[*at] : "";
  int result = -EINVAL;
  if (strcmp(kind, "host") == 0) {
    *at += 1;
    view->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return view->root < 0 ? -errno : 0;
  }
  if (strcmp(kind, "ids") == 0 && *at + 2 < argc) {
    char *uids[MAX_MAP_LINES], *gids[MAX_MAP_LINES];
    split_lines(argv[*at + 1], uids);
    split_lines(argv[*at + 2], gids);
    *at += 3;
    result = copy_view_open(view, argv, argc, at);
    return result < 0 ? result : enter_ids(uids, gids);
  }
  if (strcmp(kind, "process") == 0 && *at + 2 < argc) {
    result = open_process(argv[*at + 1], argv[*at + 2], &view->root);
    *at += 3;
  } else if (strcmp(kind, "plan") == 0 && *at + 1 < argc) {
    result = open_plan(view, argv[*at + 1]);
    *at += 2;
  }
  return result;
}

void copy_view_close(struct copy_view *view) {
  if (view->root >= 0) close(view->root);
  view->root = -1;
  if (view->plan) helpers_stop(&view->helpers);
  plan_free(view->plan);
  view->plan = NULL;
}

/* The container's root becomes this process's for the look at its files: they are read, no more. */
_Noreturn static void find_user(int root, const char *user, int out) {
  struct account account = {0};
  uint32_t ids[2] = {0, 0};
  /* Without namespaces nobody may do that: there the files are looked up below the root instead. */
  bool entered = fchdir(root) == 0 && chroot(".") == 0;
  int result = account_find(entered ? -1 : root, user, (struct plan_list){0}, &account);
  ids[0] = account.uid;
  ids[1] = account.gid;
  if (result == 0 && write(out, ids, sizeof ids) == sizeof ids) _exit(0);
  _exit(1);
}

int copy_view_user(const struct copy_view *view, const char *user, uid_t *uid, gid_t *gid) {
  int ends[2], status = 0;
  uint32_t ids[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
  pid_t pid = fork();
  if (pid == 0) find_user(view->root, user, ends[1]);
  close(ends[1]);
  ssize_t count = pid < 0 ? -1 : read(ends[0], ids, sizeof ids);
  close(ends[0]);
  while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  if (count != sizeof ids) return layer_fail(ENOENT, "user-unknown", NULL, "the container has no user \"%s\"", user);
  *uid = ids[0];
  *gid = ids[1];
  return 0;
}

/* The path that a link at the end of another one leads to. */
static int follow_link(int parent, const char *directory, const char *name, char *path) {
  char target[PATH_MAX], joined[PATH_MAX];
  ssize_t length = readlinkat(parent, name, target, sizeof target - 1);
  if (length < 0) return errno == EINVAL || errno == ENOENT ? 0 : -errno;
  target[length] = 0;
  int size = target[0] == '/' ? snprintf(joined, sizeof joined, "%s", target) : snprintf(joined, sizeof joined, "%s/%s", directory, target);
  if (size >= (int)sizeof joined) return -ENAMETOOLONG;
  memcpy(path, joined, (size_t)size + 1);
  return 1;
}

static void split(const char *path, char *directory, char name[256]) {
  size_t length = strlen(path);
  while (length > 0 && path[length - 1] == '/') length--;
  size_t slash = length;
  while (slash > 0 && path[slash - 1] != '/') slash--;
  snprintf(name, 256, "%.*s", (int)(length - slash), path + slash);
  snprintf(directory, PATH_MAX, "/%.*s", (int)slash, path);
  if (name[0] == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
    snprintf(directory, PATH_MAX, "/%.*s", (int)length, path);
    snprintf(name, 256, ".");
  }
}

int copy_locate(int root, const char *path, int follow, char name[256]) {
  char current[PATH_MAX], directory[PATH_MAX];
  if (strlen(path) >= sizeof current) return -ENAMETOOLONG;
  snprintf(current, sizeof current, "%s", path);
  for (int links = 0; links < MOST_LINKS; links++) {
    split(current, directory, name);
    int parent = confined_open(root, directory, O_PATH | O_DIRECTORY);
    if (parent < 0) return parent;
    int result = follow ? follow_link(parent, directory, name, current) : 0;
    if (result == 0) return parent;
    close(parent);
    if (result < 0) return result;
  }
  return -ELOOP;
}

int copy_is_kernel_file(int fd) {
  struct statfs system;
  return fstatfs(fd, &system) == 0 && (system.f_type == PROC_MAGIC || system.f_type == SYSFS_MAGIC);
}
