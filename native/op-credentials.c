/* Who the container's process is and what it may do. */
#define _GNU_SOURCE
#include <grp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "accounts.h"
#include "answers.h"
#include "launch.h"
#include "trace.h"

#define LAST_CAPABILITY 63
#define CAPABILITY_VERSION_3 0x20080522u
#define PIPE_MAGIC 0x50495045
#define AMBIENT 47
#define AMBIENT_RAISE 2
#define AMBIENT_CLEAR_ALL 4

struct capability_header {
  uint32_t version;
  int pid;
};

struct capability_data {
  uint32_t effective, permitted, inheritable;
};

static int set_capabilities(uint64_t effective, uint64_t permitted, uint64_t inheritable) {
  struct capability_header header = {.version = CAPABILITY_VERSION_3};
  struct capability_data data[2] = {
    {(uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable},
    {(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32)},
  };
  return (int)sys_result(syscall(SYS_capset, &header, data));
}

static int own_permitted(uint64_t *permitted) {
  struct capability_header header = {.version = CAPABILITY_VERSION_3};
  struct capability_data data[2];
  int result = (int)sys_result(syscall(SYS_capget, &header, data));
  if (result == 0) *permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
  return result;
}

int run_bounding_capabilities(struct launch *launch, const struct plan_op *op) {
  (void)launch;
  struct op_bounding_capabilities args;
  op_bounding_capabilities_read(op, &args);
  for (int capability = 0; capability <= LAST_CAPABILITY; capability++) {
    if (args.bounding >> capability & 1) continue;
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
    /* EINVAL: past the last one that this kernel knows. */
    return errno == EINVAL ? 0 : -errno;
  }
  return 0;
}

/* `echo > /dev/stdout` opens the pipe or terminal anew, so it must belong to the user. Only what cala made itself: what exec inherits
 * may be the user's own terminal. */
static void give_standard_streams(struct launch *launch, uid_t uid, int own) {
  if (launch->pty_slave >= 0) (void)!fchown(launch->pty_slave, uid, (gid_t)-1);
  for (int fd = 0; own && fd < 3; fd++) {
    struct statfs system;
    if (fstatfs(fd, &system) == 0 && system.f_type == PIPE_MAGIC) (void)!fchown(fd, uid, (gid_t)-1);
  }
}

static int set_groups(const struct account *account, uint32_t flags) {
  if (flags & PLAN_USER_FLAG_KEEP_GROUPS) return 0;
  if (setgroups(account->group_count, account->groups) == 0) return 0;
  /* A namespace of one id has no groups to set (user_namespaces(7): setgroups is denied there). */
  return errno == EPERM && (account->group_count == 0 || account->only_own_group) ? 0 : -errno;
}

int run_user(struct launch *launch, const struct plan_op *op) {
  struct op_user args;
  op_user_read(op, &args);
  struct account account;
  int result = account_find(-1, args.user, args.groups, &account);
  if (result < 0) {
    launch_explain(launch, account.problem, account.problem_name);
    /* Not ENOENT: at this stage that would mean that the program is missing. */
    return result == -ENOENT ? -ESRCH : result;
  }
  memcpy(launch->home, account.home, sizeof launch->home);
  give_standard_streams(launch, account.uid, (args.flags & PLAN_USER_FLAG_OWN_STDIO) != 0);
  /* With one id there is nobody else to become. A supervisor lets it seem so; where there can be none, whoever is asked for is that one. */
  bool single = answers_needed() && identities_begin(launch) < 0;
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) return -errno;
  result = set_groups(&account, single ? args.flags | PLAN_USER_FLAG_KEEP_GROUPS : args.flags);
  free(account.groups);
  if (result == -EINVAL) launch_explain(launch, "a group of this user is not mapped into the container", NULL);
  if (result < 0) return result;
  if (!single && (setresgid(account.gid, account.gid, account.gid) < 0 || setresuid(account.uid, account.uid, account.uid) < 0)) {
    if (errno == EINVAL) launch_explain(launch, "the id is not mapped into the container", NULL);
    return -errno;
  }
  uint64_t permitted;
  result = own_permitted(&permitted);
  /* Kept for the ops to come: a seccomp filter without no_new_privs needs CAP_SYS_ADMIN. */
  if (result == 0) result = set_capabilities(permitted, permitted, 0);
  if (result < 0 || !single) return result;
  result = answers_install();
  return result == -ENOSYS || result == -EINVAL ? 0 : result;
}

int run_capabilities(struct launch *launch, const struct plan_op *op) {
  (void)launch;
  struct op_capabilities args;
  op_capabilities_read(op, &args);
  uint64_t permitted;
  int result = own_permitted(&permitted);
  if (result < 0) return result;
  /* A capability that the kernel does not know, or that the plan gives away, is not asked for. */
  result = set_capabilities(args.effective & permitted, args.permitted & permitted, args.inheritable & permitted);
  if (result < 0) return result;
  prctl(AMBIENT, AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (unsigned long capability = 0; capability <= LAST_CAPABILITY; capability++) {
    if (!(args.ambient & args.permitted & permitted & args.inheritable) || !(args.ambient >> capability & 1)) continue;
    if (prctl(AMBIENT, AMBIENT_RAISE, capability, 0, 0) < 0 && errno != EINVAL && errno != EPERM) return -errno;
  }
  return 0;
}

int run_no_new_privileges(struct launch *launch, const struct plan_op *op) {
  (void)launch, (void)op;
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

struct filter_program {
  unsigned short length;
  const void *filter;
};

int run_seccomp(struct launch *launch, const struct plan_op *op) {
  (void)launch;
  struct op_seccomp args;
  op_seccomp_read(op, &args);
  if (args.filter.length == 0 || args.filter.length % 8 || args.filter.length / 8 > 4096) return -EINVAL;
  struct filter_program program = {.length = (unsigned short)(args.filter.length / 8), .filter = args.filter.data};
  int result = (int)sys_result(syscall(SYS_seccomp, 1, args.flags, &program));
  if (result == -EINVAL && args.flags) result = (int)sys_result(syscall(SYS_seccomp, 1, 0, &program));
  return result;
}
