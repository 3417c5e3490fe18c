/* Runs the ops of one section in order; the errno policy is the only branch a plan has. */
#include <stdio.h>

#include "launch.h"

typedef int (*op_function)(struct launch *launch, const struct plan_op *op);

static op_function function_of(uint16_t code) {
  switch (code) {
    case OP_CGROUP_CREATE: return run_cgroup_create;
    case OP_CGROUP_WRITE: return run_cgroup_write;
    case OP_CGROUP_JOIN: return run_cgroup_join;
    case OP_OWNER: return run_owner;
    case OP_SPAWN: return run_spawn;
    case OP_NETWORK_JOIN: return run_network_join;
    case OP_BORROW_MOUNT: return run_borrow_mount;
    case OP_MOUNT_BORROWED: return run_mount_borrowed;
    case OP_ROOT_OVERLAY: return run_root_overlay;
    case OP_ROOT_BIND: return run_root_bind;
    case OP_MOUNT_FILESYSTEM: return run_mount_filesystem;
    case OP_MOUNT_BIND: return run_mount_bind;
    case OP_MOUNT_OVERLAY: return run_mount_overlay;
    case OP_MOUNT_OWNER: return run_mount_owner;
    case OP_ACCOUNT: return run_account;
    case OP_COPY_VOLUME: return run_copy_volume;
    case OP_SECRET: return run_secret;
    case OP_SECRET_VARIABLE: return run_secret_variable;
    case OP_SYMLINK: return run_symlink;
    case OP_MAKE_DIRECTORY: return run_make_directory;
    case OP_MAKE_FILE: return run_make_file;
    case OP_TERMINAL: return run_terminal;
    case OP_HOSTNAME: return run_hostname;
    case OP_DOMAINNAME: return run_domainname;
    case OP_LOOPBACK_UP: return run_loopback_up;
    case OP_OOM_SCORE: return run_oom_score;
    case OP_SYSCTL: return run_sysctl;
    case OP_READ_ONLY_PATH: return run_read_only_path;
    case OP_MASK_PATH: return run_mask_path;
    case OP_PIVOT_ROOT: return run_pivot_root;
    case OP_ROOT_READ_ONLY: return run_root_read_only;
    case OP_TRANSLATE_ROOT: return run_translate_root;
    case OP_TRANSLATE_BIND: return run_translate_bind;
    case OP_TRANSLATE: return run_translate;
    case OP_RLIMIT: return run_rlimit;
    case OP_UMASK: return run_umask;
    case OP_ENVIRONMENT: return run_environment;
    case OP_WORKING_DIRECTORY: return run_working_directory;
    case OP_BOUNDING_CAPABILITIES: return run_bounding_capabilities;
    case OP_USER: return run_user;
    case OP_MOUNT_SUBPATH: return run_mount_subpath;
    case OP_MOUNT_LAYERS: return run_mount_layers;
    case OP_APPARMOR: return run_apparmor;
    case OP_SELINUX: return run_selinux;
    case OP_PERSONALITY: return run_personality;
    case OP_HOOK: return run_hook;
    case OP_SECCOMP: return run_seccomp;
    case OP_CAPABILITIES: return run_capabilities;
    case OP_NO_NEW_PRIVILEGES: return run_no_new_privileges;
    case OP_EXEC: return run_exec;
    case OP_UNLINK: return run_unlink;
    case OP_REMOVE_LINKS: return run_remove_links;
    case OP_REMOVE_TREE: return run_remove_tree;
    default: return NULL;
  }
}

int launch_run_section(struct launch *launch, unsigned section, uint32_t stage) {
  struct plan_range range = launch->plan->sections[section];
  for (uint32_t index = range.first; index < range.first + range.count; index++) {
    struct plan_op op = plan_op_at(launch->plan, index);
    op_function function = function_of(op.code);
    launch->report->text[0] = 0;
    launch->report->stage = stage;
    launch->report->op_index = index;
    int result = function ? function(launch, &op) : -ENOSYS;
    if (result < 0 && op.policy != PLAN_POLICY_IGNORE) return report_fill(launch->report, launch->report->stage, index, -result, NULL);
  }
  return 0;
}

void launch_init(struct launch *launch, const struct plan *plan, struct report *report) {
  *launch = (struct launch){.plan = plan, .report = report, .root = -1, .null_fd = -1, .pty_master = -1, .pty_slave = -1, .self = -1, .state_dir = -1, .borrowed = -1, .secrets = -1};
  launch->io = (struct container_io){-1, -1, -1};
  for (int i = 0; i < CONTAINER_MAX_HELPERS; i++) launch->helper_ready[i] = launch->helper_words[i] = -1;
}

void launch_explain(struct launch *launch, const char *text, const char *more) {
  snprintf(launch->report->text, sizeof launch->report->text, "%s%s%s", text, more ? ": " : "", more ? more : "");
}
