/* Who a process is, as far as it can tell: credentials(7), kept here. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "trace.h"

#define UNCHANGED ((uint32_t)-1)

static uint32_t argument(struct trace_call *call, int index) {
  return (uint32_t)trace_argument(call->registers, index);
}

static int answer(struct trace_call *call, long value) {
  call->answer = value;
  return TRACE_ANSWER;
}

static bool is_root(const struct trace_call *call) {
  return call->tracee->ids.euid == 0 || call->tracee->ids.keeps_powers;
}

/* The three ids of one kind, so that users and groups have the same rules. */
struct triple {
  uint32_t *real, *effective, *saved, *file;
};

static struct triple users(struct trace_call *call) {
  struct trace_ids *ids = &call->tracee->ids;
  return (struct triple){&ids->uid, &ids->euid, &ids->suid, &ids->fsuid};
}

static struct triple groups(struct trace_call *call) {
  struct trace_ids *ids = &call->tracee->ids;
  return (struct triple){&ids->gid, &ids->egid, &ids->sgid, &ids->fsgid};
}

static bool may_have(const struct trace_call *call, struct triple ids, uint32_t wanted, bool saved_counts) {
  return wanted == UNCHANGED || is_root(call) || wanted == *ids.real || wanted == *ids.effective || (saved_counts && wanted == *ids.saved);
}

static int set_one(struct trace_call *call, struct triple ids) {
  uint32_t wanted = argument(call, 0);
  if (wanted == UNCHANGED) return -EINVAL;
  if (is_root(call)) *ids.real = *ids.saved = wanted;
  else if (wanted != *ids.real && wanted != *ids.saved) return -EPERM;
  *ids.effective = *ids.file = wanted;
  return answer(call, 0);
}

static int set_two(struct trace_call *call, struct triple ids) {
  uint32_t real = argument(call, 0), effective = argument(call, 1), former = *ids.real;
  if (!may_have(call, ids, real, false) || !may_have(call, ids, effective, true)) return -EPERM;
  if (real != UNCHANGED) *ids.real = real;
  if (effective != UNCHANGED) *ids.effective = effective;
  if (real != UNCHANGED || (effective != UNCHANGED && effective != former)) *ids.saved = *ids.effective;
  *ids.file = *ids.effective;
  return answer(call, 0);
}

static int set_three(struct trace_call *call, struct triple ids) {
  uint32_t real = argument(call, 0), effective = argument(call, 1), saved = argument(call, 2);
  if (!may_have(call, ids, real, true) || !may_have(call, ids, effective, true) || !may_have(call, ids, saved, true)) return -EPERM;
  if (real != UNCHANGED) *ids.real = real;
  if (effective != UNCHANGED) *ids.effective = effective;
  if (saved != UNCHANGED) *ids.saved = saved;
  *ids.file = *ids.effective;
  return answer(call, 0);
}

static int set_file(struct trace_call *call, struct triple ids) {
  uint32_t wanted = argument(call, 0), former = *ids.file;
  if (wanted != UNCHANGED && may_have(call, ids, wanted, true)) *ids.file = wanted;
  return answer(call, former);
}

static int get_three(struct trace_call *call, struct triple ids) {
  const uint32_t values[] = {*ids.real, *ids.effective, *ids.saved};
  for (int i = 0; i < 3; i++)
    if (trace_write(call->tracee->pid, trace_argument(call->registers, i), &values[i], sizeof values[i]) < 0) return -EFAULT;
  return answer(call, 0);
}

#define HANDLER(name, body) static int name(struct trace_call *call) { return body; }
HANDLER(set_uid, set_one(call, users(call)))
HANDLER(set_gid, set_one(call, groups(call)))
HANDLER(set_reuid, set_two(call, users(call)))
HANDLER(set_regid, set_two(call, groups(call)))
HANDLER(set_resuid, set_three(call, users(call)))
HANDLER(set_resgid, set_three(call, groups(call)))
HANDLER(set_fsuid, set_file(call, users(call)))
HANDLER(set_fsgid, set_file(call, groups(call)))
HANDLER(get_resuid, get_three(call, users(call)))
HANDLER(get_resgid, get_three(call, groups(call)))
HANDLER(get_uid, answer(call, call->tracee->ids.uid))
HANDLER(get_euid, answer(call, call->tracee->ids.euid))
HANDLER(get_gid, answer(call, call->tracee->ids.gid))
HANDLER(get_egid, answer(call, call->tracee->ids.egid))

static int get_groups(struct trace_call *call) {
  const struct trace_ids *ids = &call->tracee->ids;
  int room = (int)argument(call, 0);
  if (room != 0 && room < ids->group_count) return -EINVAL;
  if (room > 0 && trace_write(call->tracee->pid, trace_argument(call->registers, 1), ids->groups, (size_t)ids->group_count * sizeof *ids->groups) < 0) return -EFAULT;
  return answer(call, ids->group_count);
}

static int set_groups(struct trace_call *call) {
  struct trace_ids *ids = &call->tracee->ids;
  uint32_t count = argument(call, 0);
  if (!is_root(call)) return -EPERM;
  if (count > TRACE_MAX_GROUPS) return -EINVAL;
  gid_t list[TRACE_MAX_GROUPS];
  if (count > 0 && trace_read(call->tracee->pid, trace_argument(call->registers, 1), list, count * sizeof *list) < 0) return -EFAULT;
  memcpy(ids->groups, list, count * sizeof *list);
  ids->group_count = (int)count;
  return answer(call, 0);
}

static int call_prctl(struct trace_call *call) {
  if (argument(call, 0) == PR_SET_KEEPCAPS && call->tracee->ids.euid == 0) call->tracee->ids.keeps_powers = argument(call, 1) == 1;
  /* The memory of such a process is closed to its supervisor, too. */
  return argument(call, 0) == PR_SET_DUMPABLE && argument(call, 1) == 0 ? answer(call, 0) : TRACE_PASS;
}

trace_handler trace_identity_handler(long number) {
  switch (number) {
    case SYS_getuid: return get_uid;
    case SYS_geteuid: return get_euid;
    case SYS_getgid: return get_gid;
    case SYS_getegid: return get_egid;
    case SYS_getresuid: return get_resuid;
    case SYS_getresgid: return get_resgid;
    case SYS_getgroups: return get_groups;
    case SYS_setuid: return set_uid;
    case SYS_setgid: return set_gid;
    case SYS_setreuid: return set_reuid;
    case SYS_setregid: return set_regid;
    case SYS_setresuid: return set_resuid;
    case SYS_setresgid: return set_resgid;
    case SYS_setfsuid: return set_fsuid;
    case SYS_setfsgid: return set_fsgid;
    case SYS_setgroups: return set_groups;
    case SYS_prctl: return call_prctl;
    default: return NULL;
  }
}
