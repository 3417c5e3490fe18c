/* Generated from core/plan/ops.ts by core/plan/generate-header.ts; do not edit. */
#ifndef CALA_PLAN_OPS_H
#define CALA_PLAN_OPS_H

#include "plan.h"

#define PLAN_MAGIC 1095516483u
#define PLAN_VERSION 1u
#define PLAN_HEADER_BYTES 64u
#define PLAN_OP_BYTES 12u
#define PLAN_MAX_BYTES 4194304u
#define PLAN_MAX_OPS 4096u

#define PLAN_MONITOR_TTY 1u
#define PLAN_MONITOR_STDIN 2u
#define PLAN_MONITOR_REMOVE 4u
#define PLAN_MONITOR_STDIN_ONCE 8u
#define PLAN_NAMESPACES_NESTED_OPTIONAL 1u
#define PLAN_NOTIFY_NONE 0u
#define PLAN_NOTIFY_CONTAINER 1u
#define PLAN_NOTIFY_MONITOR 2u
#define PLAN_NOTIFY_HEALTHY 3u
#define PLAN_HEALTH_FAILURE_NONE 0u
#define PLAN_HEALTH_FAILURE_KILL 1u
#define PLAN_HEALTH_FAILURE_RESTART 2u
#define PLAN_HEALTH_FAILURE_STOP 3u
#define PLAN_SPAWN_WHEN_BEFORE 0u
#define PLAN_SPAWN_WHEN_AFTER 1u
#define PLAN_SPAWN_END_AWAITED 0u
#define PLAN_SPAWN_END_ALONE 1u
#define PLAN_SPAWN_READY_AT_ONCE 0u
#define PLAN_SPAWN_READY_BYTE 2u
#define PLAN_SPAWN_READY_FILE 3u
#define PLAN_SPAWN_READY_FUSE_MOUNT 4u
#define PLAN_SPAWN_READY_ROUTE 5u
#define PLAN_MOUNT_FLAG_RECURSIVE 1u
#define PLAN_MOUNT_FLAG_OPTIONAL 2u
#define PLAN_MOUNT_FLAG_COPY_UP 4u
#define PLAN_MOUNT_FLAG_RECURSIVE_ATTRIBUTES 8u
#define PLAN_MOUNT_FLAG_IDMAP 16u
#define PLAN_TRANSLATE_READ_ONLY 1u
#define PLAN_TRANSLATE_OPTIONAL 2u
#define PLAN_TRANSLATE_NO_NEW_PRIVILEGES 4u
#define PLAN_TRANSLATE_NESTED 8u
#define PLAN_TRANSLATE_WITHOUT_NETWORK 16u
#define PLAN_SECRET_FLAG_SHARED 1u
#define PLAN_SECRET_FLAG_FIRST 2u
#define PLAN_SECRET_FLAG_LAST 4u
#define PLAN_USER_FLAG_KEEP_GROUPS 1u
#define PLAN_USER_FLAG_OWN_STDIO 2u
#define PLAN_SECCOMP_FLAG_LOG 2u
#define PLAN_SECCOMP_FLAG_SPEC_ALLOW 4u
#define PLAN_EXEC_FLAG_INIT 1u

enum plan_section {
  PLAN_SECTION_SETTINGS = 0,
  PLAN_SECTION_HOST = 1,
  PLAN_SECTION_SETUP = 2,
  PLAN_SECTION_ENTER = 3,
  PLAN_SECTION_CLEANUP = 4,
  PLAN_SECTION_COUNT = 5
};

enum plan_code {
  OP_MONITOR = 1,
  OP_OUTER_MAP = 2,
  OP_NAMESPACES = 3,
  OP_NESTED_MAP = 4,
  OP_JOIN = 5,
  OP_EVENTS = 110,
  OP_HEALTH_CHECK = 111,
  OP_STARTUP_CHECK = 112,
  OP_LEASE = 113,
  OP_LOG_DETAILS = 114,
  OP_SERVICE = 115,
  OP_RESOLVER = 151,
  OP_SECRET_SOURCE = 400,
  OP_RESTORE = 250,
  OP_NETWORK_OFF = 134,
  OP_CGROUP_CREATE = 16,
  OP_CGROUP_WRITE = 17,
  OP_CGROUP_JOIN = 18,
  OP_OWNER = 130,
  OP_SPAWN = 19,
  OP_BORROW_MOUNT = 360,
  OP_NETWORK_JOIN = 150,
  OP_ROOT_OVERLAY = 32,
  OP_ROOT_BIND = 33,
  OP_TRANSLATE_ROOT = 340,
  OP_TRANSLATE_BIND = 341,
  OP_MOUNT_FILESYSTEM = 34,
  OP_MOUNT_BIND = 35,
  OP_MOUNT_OVERLAY = 131,
  OP_MOUNT_OWNER = 132,
  OP_ACCOUNT = 133,
  OP_MOUNT_SUBPATH = 174,
  OP_MOUNT_LAYERS = 173,
  OP_MOUNT_BORROWED = 361,
  OP_COPY_VOLUME = 36,
  OP_SECRET = 120,
  OP_SYMLINK = 37,
  OP_MAKE_DIRECTORY = 38,
  OP_MAKE_FILE = 251,
  OP_SECRET_VARIABLE = 401,
  OP_TERMINAL = 39,
  OP_HOSTNAME = 40,
  OP_DOMAINNAME = 41,
  OP_LOOPBACK_UP = 42,
  OP_OOM_SCORE = 43,
  OP_SYSCTL = 44,
  OP_HOOK = 172,
  OP_READ_ONLY_PATH = 45,
  OP_MASK_PATH = 46,
  OP_PIVOT_ROOT = 47,
  OP_TRANSLATE = 342,
  OP_ROOT_READ_ONLY = 48,
  OP_RLIMIT = 64,
  OP_UMASK = 65,
  OP_ENVIRONMENT = 66,
  OP_WORKING_DIRECTORY = 67,
  OP_BOUNDING_CAPABILITIES = 68,
  OP_USER = 69,
  OP_APPARMOR = 170,
  OP_SELINUX = 402,
  OP_PERSONALITY = 171,
  OP_SECCOMP = 70,
  OP_CAPABILITIES = 71,
  OP_NO_NEW_PRIVILEGES = 72,
  OP_EXEC = 73,
  OP_UNLINK = 96,
  OP_REMOVE_LINKS = 98,
  OP_REMOVE_TREE = 97,
};

/* X(NAME, name, code, section, rank, single, argument types) */
#define PLAN_OP_TABLE(X) \
  X(MONITOR, monitor, 1, PLAN_SECTION_SETTINGS, 1, 1, "ssUuuuuuuu") \
  X(OUTER_MAP, outer_map, 2, PLAN_SECTION_SETTINGS, 2, 1, "ll") \
  X(NAMESPACES, namespaces, 3, PLAN_SECTION_SETTINGS, 3, 1, "uu") \
  X(NESTED_MAP, nested_map, 4, PLAN_SECTION_SETTINGS, 4, 1, "ll") \
  X(JOIN, join, 5, PLAN_SECTION_SETTINGS, 5, 0, "uuUs") \
  X(EVENTS, events, 110, PLAN_SECTION_SETTINGS, 6, 1, "pUs") \
  X(HEALTH_CHECK, health_check, 111, PLAN_SECTION_SETTINGS, 7, 1, "suuuuuusuu") \
  X(STARTUP_CHECK, startup_check, 112, PLAN_SECTION_SETTINGS, 8, 1, "suuuu") \
  X(LEASE, lease, 113, PLAN_SECTION_SETTINGS, 9, 1, "uU") \
  X(LOG_DETAILS, log_details, 114, PLAN_SECTION_SETTINGS, 10, 1, "sss") \
  X(SERVICE, service, 115, PLAN_SECTION_SETTINGS, 11, 1, "usss") \
  X(RESOLVER, resolver, 151, PLAN_SECTION_SETTINGS, 12, 1, "pssssu") \
  X(SECRET_SOURCE, secret_source, 400, PLAN_SECTION_SETTINGS, 13, 0, "p") \
  X(RESTORE, restore, 250, PLAN_SECTION_SETTINGS, 14, 1, "p") \
  X(NETWORK_OFF, network_off, 134, PLAN_SECTION_SETTINGS, 15, 1, "") \
  X(CGROUP_CREATE, cgroup_create, 16, PLAN_SECTION_HOST, 1, 0, "p") \
  X(CGROUP_WRITE, cgroup_write, 17, PLAN_SECTION_HOST, 2, 0, "ps") \
  X(CGROUP_JOIN, cgroup_join, 18, PLAN_SECTION_HOST, 3, 0, "p") \
  X(OWNER, owner, 130, PLAN_SECTION_HOST, 1, 0, "puu") \
  X(SPAWN, spawn, 19, PLAN_SECTION_HOST, 4, 0, "suuusull") \
  X(BORROW_MOUNT, borrow_mount, 360, PLAN_SECTION_HOST, 4, 1, "uUp") \
  X(NETWORK_JOIN, network_join, 150, PLAN_SECTION_HOST, 4, 0, "pps") \
  X(ROOT_OVERLAY, root_overlay, 32, PLAN_SECTION_SETUP, 1, 1, "lpppl") \
  X(ROOT_BIND, root_bind, 33, PLAN_SECTION_SETUP, 1, 1, "pp") \
  X(TRANSLATE_ROOT, translate_root, 340, PLAN_SECTION_SETUP, 1, 1, "pssuUu") \
  X(TRANSLATE_BIND, translate_bind, 341, PLAN_SECTION_SETUP, 2, 0, "ppu") \
  X(MOUNT_FILESYSTEM, mount_filesystem, 34, PLAN_SECTION_SETUP, 2, 0, "sspUuuls") \
  X(MOUNT_BIND, mount_bind, 35, PLAN_SECTION_SETUP, 2, 0, "ppUuu") \
  X(MOUNT_OVERLAY, mount_overlay, 131, PLAN_SECTION_SETUP, 2, 0, "lpppUul") \
  X(MOUNT_OWNER, mount_owner, 132, PLAN_SECTION_SETUP, 2, 0, "ps") \
  X(ACCOUNT, account, 133, PLAN_SECTION_SETUP, 2, 0, "psu") \
  X(MOUNT_SUBPATH, mount_subpath, 174, PLAN_SECTION_SETUP, 2, 0, "pppUu") \
  X(MOUNT_LAYERS, mount_layers, 173, PLAN_SECTION_SETUP, 2, 0, "lsspspUu") \
  X(MOUNT_BORROWED, mount_borrowed, 361, PLAN_SECTION_SETUP, 2, 1, "pU") \
  X(COPY_VOLUME, copy_volume, 36, PLAN_SECTION_SETUP, 2, 0, "pp") \
  X(SECRET, secret, 120, PLAN_SECTION_SETUP, 2, 0, "puuuuu") \
  X(SYMLINK, symlink, 37, PLAN_SECTION_SETUP, 2, 0, "pp") \
  X(MAKE_DIRECTORY, make_directory, 38, PLAN_SECTION_SETUP, 2, 0, "pu") \
  X(MAKE_FILE, make_file, 251, PLAN_SECTION_SETUP, 2, 0, "pu") \
  X(SECRET_VARIABLE, secret_variable, 401, PLAN_SECTION_SETUP, 3, 0, "su") \
  X(TERMINAL, terminal, 39, PLAN_SECTION_SETUP, 3, 1, "uuu") \
  X(HOSTNAME, hostname, 40, PLAN_SECTION_SETUP, 3, 1, "s") \
  X(DOMAINNAME, domainname, 41, PLAN_SECTION_SETUP, 3, 1, "s") \
  X(LOOPBACK_UP, loopback_up, 42, PLAN_SECTION_SETUP, 3, 1, "") \
  X(OOM_SCORE, oom_score, 43, PLAN_SECTION_SETUP, 3, 1, "i") \
  X(SYSCTL, sysctl, 44, PLAN_SECTION_SETUP, 4, 0, "ps") \
  X(HOOK, hook, 172, PLAN_SECTION_SETUP, 4, 0, "pllus") \
  X(READ_ONLY_PATH, read_only_path, 45, PLAN_SECTION_SETUP, 5, 0, "p") \
  X(MASK_PATH, mask_path, 46, PLAN_SECTION_SETUP, 5, 0, "p") \
  X(PIVOT_ROOT, pivot_root, 47, PLAN_SECTION_SETUP, 6, 1, "u") \
  X(TRANSLATE, translate, 342, PLAN_SECTION_SETUP, 6, 1, "") \
  X(ROOT_READ_ONLY, root_read_only, 48, PLAN_SECTION_SETUP, 7, 1, "") \
  X(RLIMIT, rlimit, 64, PLAN_SECTION_ENTER, 1, 0, "uUU") \
  X(UMASK, umask, 65, PLAN_SECTION_ENTER, 1, 1, "u") \
  X(ENVIRONMENT, environment, 66, PLAN_SECTION_ENTER, 1, 1, "l") \
  X(WORKING_DIRECTORY, working_directory, 67, PLAN_SECTION_ENTER, 2, 1, "p") \
  X(BOUNDING_CAPABILITIES, bounding_capabilities, 68, PLAN_SECTION_ENTER, 3, 1, "U") \
  X(USER, user, 69, PLAN_SECTION_ENTER, 4, 1, "slu") \
  X(APPARMOR, apparmor, 170, PLAN_SECTION_ENTER, 5, 1, "s") \
  X(SELINUX, selinux, 402, PLAN_SECTION_ENTER, 5, 1, "s") \
  X(PERSONALITY, personality, 171, PLAN_SECTION_ENTER, 5, 1, "u") \
  X(SECCOMP, seccomp, 70, PLAN_SECTION_ENTER, 5, 0, "bu") \
  X(CAPABILITIES, capabilities, 71, PLAN_SECTION_ENTER, 5, 1, "UUUU") \
  X(NO_NEW_PRIVILEGES, no_new_privileges, 72, PLAN_SECTION_ENTER, 5, 1, "") \
  X(EXEC, exec, 73, PLAN_SECTION_ENTER, 6, 1, "lu") \
  X(UNLINK, unlink, 96, PLAN_SECTION_CLEANUP, 1, 0, "p") \
  X(REMOVE_LINKS, remove_links, 98, PLAN_SECTION_CLEANUP, 1, 0, "pp") \
  X(REMOVE_TREE, remove_tree, 97, PLAN_SECTION_CLEANUP, 1, 0, "p")

struct op_monitor {
  const char *container_id;
  const char *log_path;
  uint64_t log_max_bytes;
  uint32_t log_max_files;
  uint32_t flags;
  uint32_t stop_signal;
  uint32_t stop_timeout_ms;
  uint32_t restart_policy;
  uint32_t restart_maximum;
  uint32_t timeout_ms;
};
static inline void op_monitor_read(const struct plan_op *op, struct op_monitor *out) {
  const unsigned char *cursor = op->arguments;
  out->container_id = plan_take_string(&cursor);
  out->log_path = plan_take_string(&cursor);
  out->log_max_bytes = plan_take_u64(&cursor);
  out->log_max_files = plan_take_u32(&cursor);
  out->flags = plan_take_u32(&cursor);
  out->stop_signal = plan_take_u32(&cursor);
  out->stop_timeout_ms = plan_take_u32(&cursor);
  out->restart_policy = plan_take_u32(&cursor);
  out->restart_maximum = plan_take_u32(&cursor);
  out->timeout_ms = plan_take_u32(&cursor);
}

struct op_outer_map {
  struct plan_list uids;
  struct plan_list gids;
};
static inline void op_outer_map_read(const struct plan_op *op, struct op_outer_map *out) {
  const unsigned char *cursor = op->arguments;
  out->uids = plan_take_list(&cursor);
  out->gids = plan_take_list(&cursor);
}

struct op_namespaces {
  uint32_t create;
  uint32_t flags;
};
static inline void op_namespaces_read(const struct plan_op *op, struct op_namespaces *out) {
  const unsigned char *cursor = op->arguments;
  out->create = plan_take_u32(&cursor);
  out->flags = plan_take_u32(&cursor);
}

struct op_nested_map {
  struct plan_list uids;
  struct plan_list gids;
};
static inline void op_nested_map_read(const struct plan_op *op, struct op_nested_map *out) {
  const unsigned char *cursor = op->arguments;
  out->uids = plan_take_list(&cursor);
  out->gids = plan_take_list(&cursor);
}

struct op_join {
  uint32_t type;
  uint32_t pid;
  uint64_t start;
  const char *path;
};
static inline void op_join_read(const struct plan_op *op, struct op_join *out) {
  const unsigned char *cursor = op->arguments;
  out->type = plan_take_u32(&cursor);
  out->pid = plan_take_u32(&cursor);
  out->start = plan_take_u64(&cursor);
  out->path = plan_take_string(&cursor);
}

struct op_events {
  const char *file;
  uint64_t max_bytes;
  const char *subject;
};
static inline void op_events_read(const struct plan_op *op, struct op_events *out) {
  const unsigned char *cursor = op->arguments;
  out->file = plan_take_string(&cursor);
  out->max_bytes = plan_take_u64(&cursor);
  out->subject = plan_take_string(&cursor);
}

struct op_health_check {
  const char *exec_plan;
  uint32_t interval_ms;
  uint32_t timeout_ms;
  uint32_t start_period_ms;
  uint32_t start_interval_ms;
  uint32_t retries;
  uint32_t on_failure;
  const char *log;
  uint32_t log_count;
  uint32_t log_bytes;
};
static inline void op_health_check_read(const struct plan_op *op, struct op_health_check *out) {
  const unsigned char *cursor = op->arguments;
  out->exec_plan = plan_take_string(&cursor);
  out->interval_ms = plan_take_u32(&cursor);
  out->timeout_ms = plan_take_u32(&cursor);
  out->start_period_ms = plan_take_u32(&cursor);
  out->start_interval_ms = plan_take_u32(&cursor);
  out->retries = plan_take_u32(&cursor);
  out->on_failure = plan_take_u32(&cursor);
  out->log = plan_take_string(&cursor);
  out->log_count = plan_take_u32(&cursor);
  out->log_bytes = plan_take_u32(&cursor);
}

struct op_startup_check {
  const char *exec_plan;
  uint32_t interval_ms;
  uint32_t timeout_ms;
  uint32_t retries;
  uint32_t successes;
};
static inline void op_startup_check_read(const struct plan_op *op, struct op_startup_check *out) {
  const unsigned char *cursor = op->arguments;
  out->exec_plan = plan_take_string(&cursor);
  out->interval_ms = plan_take_u32(&cursor);
  out->timeout_ms = plan_take_u32(&cursor);
  out->retries = plan_take_u32(&cursor);
  out->successes = plan_take_u32(&cursor);
}

struct op_lease {
  uint32_t pid;
  uint64_t start;
};
static inline void op_lease_read(const struct plan_op *op, struct op_lease *out) {
  const unsigned char *cursor = op->arguments;
  out->pid = plan_take_u32(&cursor);
  out->start = plan_take_u64(&cursor);
}

struct op_log_details {
  const char *attributes;
  const char *journal_socket;
  const char *journal_fields;
};
static inline void op_log_details_read(const struct plan_op *op, struct op_log_details *out) {
  const unsigned char *cursor = op->arguments;
  out->attributes = plan_take_string(&cursor);
  out->journal_socket = plan_take_string(&cursor);
  out->journal_fields = plan_take_string(&cursor);
}

struct op_service {
  uint32_t notify_mode;
  const char *notify_socket;
  const char *pid_file;
  const char *monitor_pid_file;
};
static inline void op_service_read(const struct plan_op *op, struct op_service *out) {
  const unsigned char *cursor = op->arguments;
  out->notify_mode = plan_take_u32(&cursor);
  out->notify_socket = plan_take_string(&cursor);
  out->pid_file = plan_take_string(&cursor);
  out->monitor_pid_file = plan_take_string(&cursor);
}

struct op_resolver {
  const char *path;
  const char *forwarder;
  const char *gateway;
  const char *search;
  const char *options;
  uint32_t verbatim;
};
static inline void op_resolver_read(const struct plan_op *op, struct op_resolver *out) {
  const unsigned char *cursor = op->arguments;
  out->path = plan_take_string(&cursor);
  out->forwarder = plan_take_string(&cursor);
  out->gateway = plan_take_string(&cursor);
  out->search = plan_take_string(&cursor);
  out->options = plan_take_string(&cursor);
  out->verbatim = plan_take_u32(&cursor);
}

struct op_secret_source {
  const char *path;
};
static inline void op_secret_source_read(const struct plan_op *op, struct op_secret_source *out) {
  const unsigned char *cursor = op->arguments;
  out->path = plan_take_string(&cursor);
}

struct op_restore {
  const char *pid_file;
};
static inline void op_restore_read(const struct plan_op *op, struct op_restore *out) {
  const unsigned char *cursor = op->arguments;
  out->pid_file = plan_take_string(&cursor);
}

struct op_cgroup_create {
  const char *path;
};
static inline void op_cgroup_create_read(const struct plan_op *op, struct op_cgroup_create *out) {
  const unsigned char *cursor = op->arguments;
  out->path = plan_take_string(&cursor);
}

struct op_cgroup_write {
  const char *path;
  const char *value;
};
static inline void op_cgroup_write_read(const struct plan_op *op, struct op_cgroup_write *out) {
  const unsigned char *cursor = op->arguments;
  out->path = plan_take_string(&cursor);
  out->value = plan_take_string(&cursor);
}

struct op_cgroup_join {
  const char *path;
};
static inline void op_cgroup_join_read(const struct plan_op *op, struct op_cgroup_join *out) {
  const unsigned char *cursor = op->arguments;
  out->path = plan_take_string(&cursor);
}

struct op_owner {
  const char *path;
  uint32_t uid;
  uint32_t gid;
};
static inline void op_owner_read(const struct plan_op *op, struct op_owner *out) {
  const unsigned char *cursor = op->arguments;
  out->path = plan_take_string(&cursor);
  out->uid = plan_take_u32(&cursor);
  out->gid = plan_take_u32(&cursor);
}

struct op_spawn {
  const char *name;
  uint32_t when;
  uint32_t ready;
  uint32_t end;
  const char *ready_path;
  uint32_t timeout_ms;
  struct plan_list argv;
  struct plan_list env;
};
static inline void op_spawn_read(const struct plan_op *op, struct op_spawn *out) {
  const unsigned char *cursor = op->arguments;
  out->name = plan_take_string(&cursor);
  out->when = plan_take_u32(&cursor);
  out->ready = plan_take_u32(&cursor);
  out->end = plan_take_u32(&cursor);
  out->ready_path = plan_take_string(&cursor);
  out->timeout_ms = plan_take_u32(&cursor);
  out->argv = plan_take_list(&cursor);
  out->env = plan_take_list(&cursor);
}

struct op_borrow_mount {
  uint32_t pid;
  uint64_t start;
  const char *path;
};
static inline void op_borrow_mount_read(const struct plan_op *op, struct op_borrow_mount *out) {
  const unsigned char *cursor = op->arguments;
  out->pid = plan_take_u32(&cursor);
  out->start = plan_take_u64(&cursor);
  out->path = plan_take_string(&cursor);
}

struct op_network_join {
  const char *directory;
  const char *config;
  const char *request;
};
static inline void op_network_join_read(const struct plan_op *op, struct op_network_join *out) {
  const unsigned char *cursor = op->arguments;
  out->directory = plan_take_string(&cursor);
  out->config = plan_take_string(&cursor);
  out->request = plan_take_string(&cursor);
}

struct op_root_overlay {
  struct plan_list lowers;
  const char *upper;
  const char *work;
  const char *target;
  struct plan_list options;
};
static inline void op_root_overlay_read(const struct plan_op *op, struct op_root_overlay *out) {
  const unsigned char *cursor = op->arguments;
  out->lowers = plan_take_list(&cursor);
  out->upper = plan_take_string(&cursor);
  out->work = plan_take_string(&cursor);
  out->target = plan_take_string(&cursor);
  out->options = plan_take_list(&cursor);
}

struct op_root_bind {
  const char *source;
  const char *target;
};
static inline void op_root_bind_read(const struct plan_op *op, struct op_root_bind *out) {
  const unsigned char *cursor = op->arguments;
  out->source = plan_take_string(&cursor);
  out->target = plan_take_string(&cursor);
}

struct op_translate_root {
  const char *rootfs;
  const char *alias;
  const char *hostname;
  uint32_t pid;
  uint64_t start;
  uint32_t flags;
};
static inline void op_translate_root_read(const struct plan_op *op, struct op_translate_root *out) {
  const unsigned char *cursor = op->arguments;
  out->rootfs = plan_take_string(&cursor);
  out->alias = plan_take_string(&cursor);
  out->hostname = plan_take_string(&cursor);
  out->pid = plan_take_u32(&cursor);
  out->start = plan_take_u64(&cursor);
  out->flags = plan_take_u32(&cursor);
}

struct op_translate_bind {
  const char *source;
  const char *destination;
  uint32_t flags;
};
static inline void op_translate_bind_read(const struct plan_op *op, struct op_translate_bind *out) {
  const unsigned char *cursor = op->arguments;
  out->source = plan_take_string(&cursor);
  out->destination = plan_take_string(&cursor);
  out->flags = plan_take_u32(&cursor);
}

struct op_mount_filesystem {
  const char *type;
  const char *source;
  const char *destination;
  uint64_t attributes;
  uint32_t propagation;
  uint32_t flags;
  struct plan_list options;
  const char *fallback;
};
static inline void op_mount_filesystem_read(const struct plan_op *op, struct op_mount_filesystem *out) {
  const unsigned char *cursor = op->arguments;
  out->type = plan_take_string(&cursor);
  out->source = plan_take_string(&cursor);
  out->destination = plan_take_string(&cursor);
  out->attributes = plan_take_u64(&cursor);
  out->propagation = plan_take_u32(&cursor);
  out->flags = plan_take_u32(&cursor);
  out->options = plan_take_list(&cursor);
  out->fallback = plan_take_string(&cursor);
}

struct op_mount_bind {
  const char *source;
  const char *destination;
  uint64_t attributes;
  uint32_t propagation;
  uint32_t flags;
};
static inline void op_mount_bind_read(const struct plan_op *op, struct op_mount_bind *out) {
  const unsigned char *cursor = op->arguments;
  out->source = plan_take_string(&cursor);
  out->destination = plan_take_string(&cursor);
  out->attributes = plan_take_u64(&cursor);
  out->propagation = plan_take_u32(&cursor);
  out->flags = plan_take_u32(&cursor);
}

struct op_mount_overlay {
  struct plan_list lowers;
  const char *upper;
  const char *work;
  const char *destination;
  uint64_t attributes;
  uint32_t propagation;
  struct plan_list options;
};
static inline void op_mount_overlay_read(const struct plan_op *op, struct op_mount_overlay *out) {
  const unsigned char *cursor = op->arguments;
  out->lowers = plan_take_list(&cursor);
  out->upper = plan_take_string(&cursor);
  out->work = plan_take_string(&cursor);
  out->destination = plan_take_string(&cursor);
  out->attributes = plan_take_u64(&cursor);
  out->propagation = plan_take_u32(&cursor);
  out->options = plan_take_list(&cursor);
}

struct op_mount_owner {
  const char *destination;
  const char *user;
};
static inline void op_mount_owner_read(const struct plan_op *op, struct op_mount_owner *out) {
  const unsigned char *cursor = op->arguments;
  out->destination = plan_take_string(&cursor);
  out->user = plan_take_string(&cursor);
}

struct op_account {
  const char *file;
  const char *line;
  uint32_t id;
};
static inline void op_account_read(const struct plan_op *op, struct op_account *out) {
  const unsigned char *cursor = op->arguments;
  out->file = plan_take_string(&cursor);
  out->line = plan_take_string(&cursor);
  out->id = plan_take_u32(&cursor);
}

struct op_mount_subpath {
  const char *source;
  const char *subpath;
  const char *destination;
  uint64_t attributes;
  uint32_t propagation;
};
static inline void op_mount_subpath_read(const struct plan_op *op, struct op_mount_subpath *out) {
  const unsigned char *cursor = op->arguments;
  out->source = plan_take_string(&cursor);
  out->subpath = plan_take_string(&cursor);
  out->destination = plan_take_string(&cursor);
  out->attributes = plan_take_u64(&cursor);
  out->propagation = plan_take_u32(&cursor);
}

struct op_mount_layers {
  struct plan_list lowers;
  const char *upper;
  const char *work;
  const char *place;
  const char *subpath;
  const char *destination;
  uint64_t attributes;
  uint32_t propagation;
};
static inline void op_mount_layers_read(const struct plan_op *op, struct op_mount_layers *out) {
  const unsigned char *cursor = op->arguments;
  out->lowers = plan_take_list(&cursor);
  out->upper = plan_take_string(&cursor);
  out->work = plan_take_string(&cursor);
  out->place = plan_take_string(&cursor);
  out->subpath = plan_take_string(&cursor);
  out->destination = plan_take_string(&cursor);
  out->attributes = plan_take_u64(&cursor);
  out->propagation = plan_take_u32(&cursor);
}

struct op_mount_borrowed {
  const char *destination;
  uint64_t attributes;
};
static inline void op_mount_borrowed_read(const struct plan_op *op, struct op_mount_borrowed *out) {
  const unsigned char *cursor = op->arguments;
  out->destination = plan_take_string(&cursor);
  out->attributes = plan_take_u64(&cursor);
}

struct op_copy_volume {
  const char *source;
  const char *destination;
};
static inline void op_copy_volume_read(const struct plan_op *op, struct op_copy_volume *out) {
  const unsigned char *cursor = op->arguments;
  out->source = plan_take_string(&cursor);
  out->destination = plan_take_string(&cursor);
}

struct op_secret {
  const char *destination;
  uint32_t uid;
  uint32_t gid;
  uint32_t mode;
  uint32_t flags;
  uint32_t index;
};
static inline void op_secret_read(const struct plan_op *op, struct op_secret *out) {
  const unsigned char *cursor = op->arguments;
  out->destination = plan_take_string(&cursor);
  out->uid = plan_take_u32(&cursor);
  out->gid = plan_take_u32(&cursor);
  out->mode = plan_take_u32(&cursor);
  out->flags = plan_take_u32(&cursor);
  out->index = plan_take_u32(&cursor);
}

struct op_symlink {
  const char *target;
  const char *path;
};
static inline void op_symlink_read(const struct plan_op *op, struct op_symlink *out) {
  const unsigned char *cursor = op->arguments;
  out->target = plan_take_string(&cursor);
  out->path = plan_take_string(&cursor);
}

struct op_make_directory {
  const char *path;
  uint32_t mode;
};
static inline void op_make_directory_read(const struct plan_op *op, struct op_make_directory *out) {
  const unsigned char *cursor = op->arguments;
  out->path = plan_take_string(&cursor);
  out->mode = plan_take_u32(&cursor);
}

struct op_make_file {
  const char *path;
  uint32_t mode;
};
static inline void op_make_file_read(const struct plan_op *op, struct op_make_file *out) {
  const unsigned char *cursor = op->arguments;
  out->path = plan_take_string(&cursor);
  out->mode = plan_take_u32(&cursor);
}

struct op_secret_variable {
  const char *name;
  uint32_t index;
};
static inline void op_secret_variable_read(const struct plan_op *op, struct op_secret_variable *out) {
  const unsigned char *cursor = op->arguments;
  out->name = plan_take_string(&cursor);
  out->index = plan_take_u32(&cursor);
}

struct op_terminal {
  uint32_t rows;
  uint32_t columns;
  uint32_t bind_console;
};
static inline void op_terminal_read(const struct plan_op *op, struct op_terminal *out) {
  const unsigned char *cursor = op->arguments;
  out->rows = plan_take_u32(&cursor);
  out->columns = plan_take_u32(&cursor);
  out->bind_console = plan_take_u32(&cursor);
}

struct op_hostname {
  const char *name;
};
static inline void op_hostname_read(const struct plan_op *op, struct op_hostname *out) {
  const unsigned char *cursor = op->arguments;
  out->name = plan_take_string(&cursor);
}

struct op_domainname {
  const char *name;
};
static inline void op_domainname_read(const struct plan_op *op, struct op_domainname *out) {
  const unsigned char *cursor = op->arguments;
  out->name = plan_take_string(&cursor);
}

struct op_oom_score {
  int32_t value;
};
static inline void op_oom_score_read(const struct plan_op *op, struct op_oom_score *out) {
  const unsigned char *cursor = op->arguments;
  out->value = plan_take_i32(&cursor);
}

struct op_sysctl {
  const char *file;
  const char *value;
};
static inline void op_sysctl_read(const struct plan_op *op, struct op_sysctl *out) {
  const unsigned char *cursor = op->arguments;
  out->file = plan_take_string(&cursor);
  out->value = plan_take_string(&cursor);
}

struct op_hook {
  const char *path;
  struct plan_list argv;
  struct plan_list env;
  uint32_t timeout_ms;
  const char *state;
};
static inline void op_hook_read(const struct plan_op *op, struct op_hook *out) {
  const unsigned char *cursor = op->arguments;
  out->path = plan_take_string(&cursor);
  out->argv = plan_take_list(&cursor);
  out->env = plan_take_list(&cursor);
  out->timeout_ms = plan_take_u32(&cursor);
  out->state = plan_take_string(&cursor);
}

struct op_read_only_path {
  const char *path;
};
static inline void op_read_only_path_read(const struct plan_op *op, struct op_read_only_path *out) {
  const unsigned char *cursor = op->arguments;
  out->path = plan_take_string(&cursor);
}

struct op_mask_path {
  const char *path;
};
static inline void op_mask_path_read(const struct plan_op *op, struct op_mask_path *out) {
  const unsigned char *cursor = op->arguments;
  out->path = plan_take_string(&cursor);
}

struct op_pivot_root {
  uint32_t propagation;
};
static inline void op_pivot_root_read(const struct plan_op *op, struct op_pivot_root *out) {
  const unsigned char *cursor = op->arguments;
  out->propagation = plan_take_u32(&cursor);
}

struct op_rlimit {
  uint32_t resource;
  uint64_t soft;
  uint64_t hard;
};
static inline void op_rlimit_read(const struct plan_op *op, struct op_rlimit *out) {
  const unsigned char *cursor = op->arguments;
  out->resource = plan_take_u32(&cursor);
  out->soft = plan_take_u64(&cursor);
  out->hard = plan_take_u64(&cursor);
}

struct op_umask {
  uint32_t mask;
};
static inline void op_umask_read(const struct plan_op *op, struct op_umask *out) {
  const unsigned char *cursor = op->arguments;
  out->mask = plan_take_u32(&cursor);
}

struct op_environment {
  struct plan_list variables;
};
static inline void op_environment_read(const struct plan_op *op, struct op_environment *out) {
  const unsigned char *cursor = op->arguments;
  out->variables = plan_take_list(&cursor);
}

struct op_working_directory {
  const char *path;
};
static inline void op_working_directory_read(const struct plan_op *op, struct op_working_directory *out) {
  const unsigned char *cursor = op->arguments;
  out->path = plan_take_string(&cursor);
}

struct op_bounding_capabilities {
  uint64_t bounding;
};
static inline void op_bounding_capabilities_read(const struct plan_op *op, struct op_bounding_capabilities *out) {
  const unsigned char *cursor = op->arguments;
  out->bounding = plan_take_u64(&cursor);
}

struct op_user {
  const char *user;
  struct plan_list groups;
  uint32_t flags;
};
static inline void op_user_read(const struct plan_op *op, struct op_user *out) {
  const unsigned char *cursor = op->arguments;
  out->user = plan_take_string(&cursor);
  out->groups = plan_take_list(&cursor);
  out->flags = plan_take_u32(&cursor);
}

struct op_apparmor {
  const char *profile;
};
static inline void op_apparmor_read(const struct plan_op *op, struct op_apparmor *out) {
  const unsigned char *cursor = op->arguments;
  out->profile = plan_take_string(&cursor);
}

struct op_selinux {
  const char *label;
};
static inline void op_selinux_read(const struct plan_op *op, struct op_selinux *out) {
  const unsigned char *cursor = op->arguments;
  out->label = plan_take_string(&cursor);
}

struct op_personality {
  uint32_t persona;
};
static inline void op_personality_read(const struct plan_op *op, struct op_personality *out) {
  const unsigned char *cursor = op->arguments;
  out->persona = plan_take_u32(&cursor);
}

struct op_seccomp {
  struct plan_bytes filter;
  uint32_t flags;
};
static inline void op_seccomp_read(const struct plan_op *op, struct op_seccomp *out) {
  const unsigned char *cursor = op->arguments;
  out->filter = plan_take_bytes(&cursor);
  out->flags = plan_take_u32(&cursor);
}

struct op_capabilities {
  uint64_t effective;
  uint64_t permitted;
  uint64_t inheritable;
  uint64_t ambient;
};
static inline void op_capabilities_read(const struct plan_op *op, struct op_capabilities *out) {
  const unsigned char *cursor = op->arguments;
  out->effective = plan_take_u64(&cursor);
  out->permitted = plan_take_u64(&cursor);
  out->inheritable = plan_take_u64(&cursor);
  out->ambient = plan_take_u64(&cursor);
}

struct op_exec {
  struct plan_list arguments;
  uint32_t flags;
};
static inline void op_exec_read(const struct plan_op *op, struct op_exec *out) {
  const unsigned char *cursor = op->arguments;
  out->arguments = plan_take_list(&cursor);
  out->flags = plan_take_u32(&cursor);
}

struct op_unlink {
  const char *path;
};
static inline void op_unlink_read(const struct plan_op *op, struct op_unlink *out) {
  const unsigned char *cursor = op->arguments;
  out->path = plan_take_string(&cursor);
}

struct op_remove_links {
  const char *directory;
  const char *target;
};
static inline void op_remove_links_read(const struct plan_op *op, struct op_remove_links *out) {
  const unsigned char *cursor = op->arguments;
  out->directory = plan_take_string(&cursor);
  out->target = plan_take_string(&cursor);
}

struct op_remove_tree {
  const char *path;
};
static inline void op_remove_tree_read(const struct plan_op *op, struct op_remove_tree *out) {
  const unsigned char *cursor = op->arguments;
  out->path = plan_take_string(&cursor);
}

#endif
