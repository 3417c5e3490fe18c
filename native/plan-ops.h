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

#define PLAN_CODE(NAME, name, code, section, rank, single, types) OP_##NAME = code,
enum plan_code { PLAN_OP_TABLE(PLAN_CODE) };

/* The arguments of each op that has any. F(type, name) */
#define OP_MONITOR_FIELDS(F) F(string, container_id) F(string, log_path) F(u64, log_max_bytes) F(u32, log_max_files) F(u32, flags) F(u32, stop_signal) F(u32, stop_timeout_ms) F(u32, restart_policy) F(u32, restart_maximum) F(u32, timeout_ms)
PLAN_OP_READER(monitor, OP_MONITOR_FIELDS)
#define OP_OUTER_MAP_FIELDS(F) F(list, uids) F(list, gids)
PLAN_OP_READER(outer_map, OP_OUTER_MAP_FIELDS)
#define OP_NAMESPACES_FIELDS(F) F(u32, create) F(u32, flags)
PLAN_OP_READER(namespaces, OP_NAMESPACES_FIELDS)
#define OP_NESTED_MAP_FIELDS(F) F(list, uids) F(list, gids)
PLAN_OP_READER(nested_map, OP_NESTED_MAP_FIELDS)
#define OP_JOIN_FIELDS(F) F(u32, type) F(u32, pid) F(u64, start) F(string, path)
PLAN_OP_READER(join, OP_JOIN_FIELDS)
#define OP_EVENTS_FIELDS(F) F(path, file) F(u64, max_bytes) F(string, subject)
PLAN_OP_READER(events, OP_EVENTS_FIELDS)
#define OP_HEALTH_CHECK_FIELDS(F) F(string, exec_plan) F(u32, interval_ms) F(u32, timeout_ms) F(u32, start_period_ms) F(u32, start_interval_ms) F(u32, retries) F(u32, on_failure) F(string, log) F(u32, log_count) F(u32, log_bytes)
PLAN_OP_READER(health_check, OP_HEALTH_CHECK_FIELDS)
#define OP_STARTUP_CHECK_FIELDS(F) F(string, exec_plan) F(u32, interval_ms) F(u32, timeout_ms) F(u32, retries) F(u32, successes)
PLAN_OP_READER(startup_check, OP_STARTUP_CHECK_FIELDS)
#define OP_LEASE_FIELDS(F) F(u32, pid) F(u64, start)
PLAN_OP_READER(lease, OP_LEASE_FIELDS)
#define OP_LOG_DETAILS_FIELDS(F) F(string, attributes) F(string, journal_socket) F(string, journal_fields)
PLAN_OP_READER(log_details, OP_LOG_DETAILS_FIELDS)
#define OP_SERVICE_FIELDS(F) F(u32, notify_mode) F(string, notify_socket) F(string, pid_file) F(string, monitor_pid_file)
PLAN_OP_READER(service, OP_SERVICE_FIELDS)
#define OP_RESOLVER_FIELDS(F) F(path, path) F(string, forwarder) F(string, gateway) F(string, search) F(string, options) F(u32, verbatim)
PLAN_OP_READER(resolver, OP_RESOLVER_FIELDS)
#define OP_SECRET_SOURCE_FIELDS(F) F(path, path)
PLAN_OP_READER(secret_source, OP_SECRET_SOURCE_FIELDS)
#define OP_RESTORE_FIELDS(F) F(path, pid_file)
PLAN_OP_READER(restore, OP_RESTORE_FIELDS)
#define OP_CGROUP_CREATE_FIELDS(F) F(path, path)
PLAN_OP_READER(cgroup_create, OP_CGROUP_CREATE_FIELDS)
#define OP_CGROUP_WRITE_FIELDS(F) F(path, path) F(string, value)
PLAN_OP_READER(cgroup_write, OP_CGROUP_WRITE_FIELDS)
#define OP_CGROUP_JOIN_FIELDS(F) F(path, path)
PLAN_OP_READER(cgroup_join, OP_CGROUP_JOIN_FIELDS)
#define OP_OWNER_FIELDS(F) F(path, path) F(u32, uid) F(u32, gid)
PLAN_OP_READER(owner, OP_OWNER_FIELDS)
#define OP_SPAWN_FIELDS(F) F(string, name) F(u32, when) F(u32, ready) F(u32, end) F(string, ready_path) F(u32, timeout_ms) F(list, argv) F(list, env)
PLAN_OP_READER(spawn, OP_SPAWN_FIELDS)
#define OP_BORROW_MOUNT_FIELDS(F) F(u32, pid) F(u64, start) F(path, path)
PLAN_OP_READER(borrow_mount, OP_BORROW_MOUNT_FIELDS)
#define OP_NETWORK_JOIN_FIELDS(F) F(path, directory) F(path, config) F(string, request)
PLAN_OP_READER(network_join, OP_NETWORK_JOIN_FIELDS)
#define OP_ROOT_OVERLAY_FIELDS(F) F(list, lowers) F(path, upper) F(path, work) F(path, target) F(list, options)
PLAN_OP_READER(root_overlay, OP_ROOT_OVERLAY_FIELDS)
#define OP_ROOT_BIND_FIELDS(F) F(path, source) F(path, target)
PLAN_OP_READER(root_bind, OP_ROOT_BIND_FIELDS)
#define OP_TRANSLATE_ROOT_FIELDS(F) F(path, rootfs) F(string, alias) F(string, hostname) F(u32, pid) F(u64, start) F(u32, flags)
PLAN_OP_READER(translate_root, OP_TRANSLATE_ROOT_FIELDS)
#define OP_TRANSLATE_BIND_FIELDS(F) F(path, source) F(path, destination) F(u32, flags)
PLAN_OP_READER(translate_bind, OP_TRANSLATE_BIND_FIELDS)
#define OP_MOUNT_FILESYSTEM_FIELDS(F) F(string, type) F(string, source) F(path, destination) F(u64, attributes) F(u32, propagation) F(u32, flags) F(list, options) F(string, fallback)
PLAN_OP_READER(mount_filesystem, OP_MOUNT_FILESYSTEM_FIELDS)
#define OP_MOUNT_BIND_FIELDS(F) F(path, source) F(path, destination) F(u64, attributes) F(u32, propagation) F(u32, flags)
PLAN_OP_READER(mount_bind, OP_MOUNT_BIND_FIELDS)
#define OP_MOUNT_OVERLAY_FIELDS(F) F(list, lowers) F(path, upper) F(path, work) F(path, destination) F(u64, attributes) F(u32, propagation) F(list, options)
PLAN_OP_READER(mount_overlay, OP_MOUNT_OVERLAY_FIELDS)
#define OP_MOUNT_OWNER_FIELDS(F) F(path, destination) F(string, user)
PLAN_OP_READER(mount_owner, OP_MOUNT_OWNER_FIELDS)
#define OP_ACCOUNT_FIELDS(F) F(path, file) F(string, line) F(u32, id)
PLAN_OP_READER(account, OP_ACCOUNT_FIELDS)
#define OP_MOUNT_SUBPATH_FIELDS(F) F(path, source) F(path, subpath) F(path, destination) F(u64, attributes) F(u32, propagation)
PLAN_OP_READER(mount_subpath, OP_MOUNT_SUBPATH_FIELDS)
#define OP_MOUNT_LAYERS_FIELDS(F) F(list, lowers) F(string, upper) F(string, work) F(path, place) F(string, subpath) F(path, destination) F(u64, attributes) F(u32, propagation)
PLAN_OP_READER(mount_layers, OP_MOUNT_LAYERS_FIELDS)
#define OP_MOUNT_BORROWED_FIELDS(F) F(path, destination) F(u64, attributes)
PLAN_OP_READER(mount_borrowed, OP_MOUNT_BORROWED_FIELDS)
#define OP_COPY_VOLUME_FIELDS(F) F(path, source) F(path, destination)
PLAN_OP_READER(copy_volume, OP_COPY_VOLUME_FIELDS)
#define OP_SECRET_FIELDS(F) F(path, destination) F(u32, uid) F(u32, gid) F(u32, mode) F(u32, flags) F(u32, index)
PLAN_OP_READER(secret, OP_SECRET_FIELDS)
#define OP_SYMLINK_FIELDS(F) F(path, target) F(path, path)
PLAN_OP_READER(symlink, OP_SYMLINK_FIELDS)
#define OP_MAKE_DIRECTORY_FIELDS(F) F(path, path) F(u32, mode)
PLAN_OP_READER(make_directory, OP_MAKE_DIRECTORY_FIELDS)
#define OP_MAKE_FILE_FIELDS(F) F(path, path) F(u32, mode)
PLAN_OP_READER(make_file, OP_MAKE_FILE_FIELDS)
#define OP_SECRET_VARIABLE_FIELDS(F) F(string, name) F(u32, index)
PLAN_OP_READER(secret_variable, OP_SECRET_VARIABLE_FIELDS)
#define OP_TERMINAL_FIELDS(F) F(u32, rows) F(u32, columns) F(u32, bind_console)
PLAN_OP_READER(terminal, OP_TERMINAL_FIELDS)
#define OP_HOSTNAME_FIELDS(F) F(string, name)
PLAN_OP_READER(hostname, OP_HOSTNAME_FIELDS)
#define OP_DOMAINNAME_FIELDS(F) F(string, name)
PLAN_OP_READER(domainname, OP_DOMAINNAME_FIELDS)
#define OP_OOM_SCORE_FIELDS(F) F(i32, value)
PLAN_OP_READER(oom_score, OP_OOM_SCORE_FIELDS)
#define OP_SYSCTL_FIELDS(F) F(path, file) F(string, value)
PLAN_OP_READER(sysctl, OP_SYSCTL_FIELDS)
#define OP_HOOK_FIELDS(F) F(path, path) F(list, argv) F(list, env) F(u32, timeout_ms) F(string, state)
PLAN_OP_READER(hook, OP_HOOK_FIELDS)
#define OP_READ_ONLY_PATH_FIELDS(F) F(path, path)
PLAN_OP_READER(read_only_path, OP_READ_ONLY_PATH_FIELDS)
#define OP_MASK_PATH_FIELDS(F) F(path, path)
PLAN_OP_READER(mask_path, OP_MASK_PATH_FIELDS)
#define OP_PIVOT_ROOT_FIELDS(F) F(u32, propagation)
PLAN_OP_READER(pivot_root, OP_PIVOT_ROOT_FIELDS)
#define OP_RLIMIT_FIELDS(F) F(u32, resource) F(u64, soft) F(u64, hard)
PLAN_OP_READER(rlimit, OP_RLIMIT_FIELDS)
#define OP_UMASK_FIELDS(F) F(u32, mask)
PLAN_OP_READER(umask, OP_UMASK_FIELDS)
#define OP_ENVIRONMENT_FIELDS(F) F(list, variables)
PLAN_OP_READER(environment, OP_ENVIRONMENT_FIELDS)
#define OP_WORKING_DIRECTORY_FIELDS(F) F(path, path)
PLAN_OP_READER(working_directory, OP_WORKING_DIRECTORY_FIELDS)
#define OP_BOUNDING_CAPABILITIES_FIELDS(F) F(u64, bounding)
PLAN_OP_READER(bounding_capabilities, OP_BOUNDING_CAPABILITIES_FIELDS)
#define OP_USER_FIELDS(F) F(string, user) F(list, groups) F(u32, flags)
PLAN_OP_READER(user, OP_USER_FIELDS)
#define OP_APPARMOR_FIELDS(F) F(string, profile)
PLAN_OP_READER(apparmor, OP_APPARMOR_FIELDS)
#define OP_SELINUX_FIELDS(F) F(string, label)
PLAN_OP_READER(selinux, OP_SELINUX_FIELDS)
#define OP_PERSONALITY_FIELDS(F) F(u32, persona)
PLAN_OP_READER(personality, OP_PERSONALITY_FIELDS)
#define OP_SECCOMP_FIELDS(F) F(bytes, filter) F(u32, flags)
PLAN_OP_READER(seccomp, OP_SECCOMP_FIELDS)
#define OP_CAPABILITIES_FIELDS(F) F(u64, effective) F(u64, permitted) F(u64, inheritable) F(u64, ambient)
PLAN_OP_READER(capabilities, OP_CAPABILITIES_FIELDS)
#define OP_EXEC_FIELDS(F) F(list, arguments) F(u32, flags)
PLAN_OP_READER(exec, OP_EXEC_FIELDS)
#define OP_UNLINK_FIELDS(F) F(path, path)
PLAN_OP_READER(unlink, OP_UNLINK_FIELDS)
#define OP_REMOVE_LINKS_FIELDS(F) F(path, directory) F(path, target)
PLAN_OP_READER(remove_links, OP_REMOVE_LINKS_FIELDS)
#define OP_REMOVE_TREE_FIELDS(F) F(path, path)
PLAN_OP_READER(remove_tree, OP_REMOVE_TREE_FIELDS)

#endif
