/* What a container mounts of its user's, opened while this process is still the user. */
#define _GNU_SOURCE
#include <fcntl.h>

#include "launch.h"
#include "mounts.h"

struct sources {
  int *of_op; /* per op of the setup section */
  const char **paths;
  int *directories;
  size_t count, size;
};

static int open_source(const struct plan_op *op) {
  if (op->code == OP_MOUNT_BIND) {
    struct op_mount_bind args;
    op_mount_bind_read(op, &args);
    return mount_copy(AT_FDCWD, args.source, (args.flags & PLAN_MOUNT_FLAG_RECURSIVE) != 0);
  }
  if (op->code == OP_ROOT_BIND) {
    struct op_root_bind args;
    op_root_bind_read(op, &args);
    return mount_copy(AT_FDCWD, args.source, 1);
  }
  if (op->code != OP_COPY_VOLUME) return -EBADF;
  struct op_copy_volume args;
  op_copy_volume_read(op, &args);
  int fd = open(args.source, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

static int remember(struct sources *sources, const char *path) {
  if (sources->count == sources->size) {
    size_t size = sources->size * 2 + 8;
    const char **paths = realloc(sources->paths, size * sizeof *paths);
    if (paths) sources->paths = paths;
    int *directories = realloc(sources->directories, size * sizeof *directories);
    if (directories) sources->directories = directories;
    if (!paths || !directories) return -ENOMEM;
    sources->size = size;
  }
  int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return 0; /* the op that needs it will say why */
  sources->paths[sources->count] = path;
  sources->directories[sources->count++] = fd;
  return 0;
}

static int remember_stack(struct sources *sources, struct plan_list lowers, const char *upper, const char *work) {
  const unsigned char *cursor = lowers.first;
  int result = 0;
  for (uint32_t i = 0; result == 0 && i < lowers.count; i++) result = remember(sources, plan_take_string(&cursor));
  if (result == 0) result = remember(sources, upper);
  return result < 0 ? result : remember(sources, work);
}

static int remember_directories(struct sources *sources, const struct plan_op *op) {
  if (op->code == OP_ROOT_BIND) {
    struct op_root_bind args;
    op_root_bind_read(op, &args);
    return remember(sources, args.target);
  }
  if (op->code == OP_MOUNT_OVERLAY) {
    struct op_mount_overlay args;
    op_mount_overlay_read(op, &args);
    return remember_stack(sources, args.lowers, args.upper, args.work);
  }
  if (op->code == OP_MOUNT_SUBPATH) {
    struct op_mount_subpath args;
    op_mount_subpath_read(op, &args);
    return remember(sources, args.source);
  }
  if (op->code == OP_MOUNT_LAYERS) {
    struct op_mount_layers args;
    op_mount_layers_read(op, &args);
    int stack = remember_stack(sources, args.lowers, args.upper, args.work);
    return stack < 0 ? stack : remember(sources, args.place);
  }
  if (op->code != OP_ROOT_OVERLAY) return 0;
  struct op_root_overlay args;
  op_root_overlay_read(op, &args);
  int result = remember_stack(sources, args.lowers, args.upper, args.work);
  return result < 0 ? result : remember(sources, args.target);
}

int sources_open(struct launch *launch) {
  struct plan_range range = launch->plan->sections[PLAN_SECTION_SETUP];
  struct sources *sources = calloc(1, sizeof *sources);
  if (sources) sources->of_op = malloc((range.count + 1) * sizeof *sources->of_op);
  if (!sources || !sources->of_op) return -ENOMEM;
  launch->sources = sources;
  for (uint32_t i = 0; i < range.count; i++) {
    struct plan_op op = plan_op_at(launch->plan, range.first + i);
    sources->of_op[i] = open_source(&op);
    int result = remember_directories(sources, &op);
    if (result < 0) return result;
  }
  return 0;
}

int source_take(struct launch *launch, const struct plan_op *op) {
  if (!launch->sources) return open_source(op);
  int *slot = &launch->sources->of_op[launch->report->op_index - launch->plan->sections[PLAN_SECTION_SETUP].first];
  int source = *slot;
  *slot = -EBADF;
  return source;
}

int source_directory(const struct launch *launch, const char *path) {
  for (size_t i = 0; launch->sources && i < launch->sources->count; i++)
    if (strcmp(launch->sources->paths[i], path) == 0) return launch->sources->directories[i];
  return -1;
}
