/* The processes and threads that are supervised. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "trace.h"

static struct tracee **slot_of(struct trace *trace, pid_t pid) {
  struct tracee **slot = &trace->tracees[(unsigned)pid % 256];
  while (*slot && (*slot)->pid != pid) slot = &(*slot)->next;
  return slot;
}

struct tracee *trace_find(struct trace *trace, pid_t pid) {
  return *slot_of(trace, pid);
}

static struct trace_group *group_new(void) {
  struct trace_group *group = calloc(1, sizeof *group);
  if (!group) abort(); /* nobody can be supervised without memory, and unsupervised ones end with us */
  group->members = 1;
  return group;
}

static void group_leave(struct tracee *tracee) {
  struct trace_group *group = tracee->group;
  if (!group) return;
  tracee->group = NULL;
  if (--group->members > 0) {
    uint64_t *free_list = tracee->scratch ? realloc(group->free, (group->free_count + 1) * sizeof *group->free) : NULL;
    if (!free_list) return;
    group->free = free_list;
    group->free[group->free_count++] = tracee->scratch;
    return;
  }
  free(group->program);
  free(group->free);
  free(group);
}

struct tracee *trace_add(struct trace *trace, pid_t pid) {
  struct tracee **slot = slot_of(trace, pid);
  if (*slot) return *slot;
  struct tracee *tracee = calloc(1, sizeof *tracee);
  if (!tracee) abort();
  tracee->pid = pid;
  tracee->group = group_new();
  *slot = tracee;
  return tracee;
}

void trace_remove(struct trace *trace, pid_t pid) {
  struct tracee **slot = slot_of(trace, pid), *tracee = *slot;
  if (!tracee) return;
  *slot = tracee->next;
  group_leave(tracee);
  trace_take_back(tracee);
  free(tracee->next_program);
  free(tracee->created);
  free(tracee);
}

/* A thread takes memory that another one has left; its parent's is in use. A process with its own memory, or one for whom the parent waits
 * (vfork), has the parent's at the same place. */
void trace_inherit(struct tracee *child, const struct tracee *parent, uint64_t flags) {
  child->ids = parent->ids;
  bool shares_memory = (flags & CLONE_VM) && !(flags & CLONE_VFORK);
  if (!shares_memory) child->scratch = parent->scratch, child->scratch_bytes = parent->scratch_bytes;
  if (flags & CLONE_THREAD) {
    group_leave(child);
    child->group = parent->group;
    child->group->members++;
    if (child->group->free_count > 0) {
      child->scratch = child->group->free[--child->group->free_count];
      child->scratch_bytes = 4096; /* at least so much was asked for */
    }
    return;
  }
  if (parent->group->program) child->group->program = strdup(parent->group->program);
}

static void take_set_id(const struct trace *trace, struct tracee *tracee) {
  char path[PATH_MAX];
  bool read_only;
  struct stat status;
  uid_t uid;
  gid_t gid;
  snprintf(path, sizeof path, "/proc/%d/exe", (int)tracee->pid);
  if (trace->space->translates && (!tracee->group->program || trace_space_host(trace->space, tracee->group->program, path, &read_only) < 0)) return;
  if (trace->space->no_new_privileges || stat(path, &status) < 0 || !(status.st_mode & (S_ISUID | S_ISGID))) return;
  trace_owner_get(path, true, status.st_dev, status.st_ino, status.st_mode, &uid, &gid);
  if (status.st_mode & S_ISUID) tracee->ids.euid = tracee->ids.fsuid = uid;
  if ((status.st_mode & S_ISGID) && (status.st_mode & S_IXGRP)) tracee->ids.egid = tracee->ids.fsgid = gid;
}

void trace_executed(struct trace *trace, struct tracee *tracee) {
  char *program = tracee->next_program;
  tracee->next_program = NULL;
  tracee->scratch = tracee->scratch_bytes = 0;
  tracee->step = TRACE_STEP_NONE;
  tracee->ids.keeps_powers = false;
  group_leave(tracee);
  tracee->group = group_new();
  tracee->group->program = program;
  take_set_id(trace, tracee);
  tracee->ids.suid = tracee->ids.euid;
  tracee->ids.sgid = tracee->ids.egid;
}
