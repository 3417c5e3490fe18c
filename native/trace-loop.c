/* The supervisor's loop: one process stops, is answered, goes on. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace.h"

#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128
#endif

static volatile pid_t first_process;

static void hand_on(int number) {
  kill(first_process, number);
}

static void go_on(pid_t pid, int request, int number) {
  ptrace(request, pid, NULL, (void *)(long)number);
}

static void answer(struct tracee *tracee, struct trace_registers *registers, long value) {
  trace_result_put(registers, value);
  trace_number_set(tracee->pid, registers, -1);
  trace_registers_set(tracee->pid, registers);
  go_on(tracee->pid, PTRACE_CONT, 0);
}

/* Has the tracee make memory for us, in the place of its own call, which comes again afterwards. */
static void ask_for_memory(struct tracee *tracee, struct trace_registers *registers) {
  tracee->saved = *registers;
  tracee->step = TRACE_STEP_MAP;
  const unsigned long long arguments[] = {0, tracee->scratch_wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, (unsigned long long)-1, 0};
  for (int i = 0; i < 6; i++) *trace_slot(registers, i) = arguments[i];
  trace_number_set(tracee->pid, registers, SYS_mmap);
  trace_registers_set(tracee->pid, registers);
  go_on(tracee->pid, PTRACE_SYSCALL, 0);
}

static int handle(struct trace_call *call, long number) {
  trace_handler handler = trace_identity_handler(number);
  if (!handler) handler = trace_file_handler(number);
  int outcome = handler ? handler(call) : TRACE_PASS;
  if (outcome != TRACE_PASS) return outcome;
  handler = call->trace->space->translates ? trace_path_handler(number) : trace_creation_handler(number);
  return handler ? handler(call) : TRACE_PASS;
}

static void call_begins(struct trace *trace, struct tracee *tracee) {
  struct trace_registers registers;
  if (trace_registers_get(tracee->pid, &registers) < 0) return;
  struct trace_registers before = registers;
  struct trace_call call = {trace, tracee, &registers, 0, 0};
  int outcome = handle(&call, trace_number(&registers));
  if (outcome == TRACE_NEEDS_MEMORY) {
    ask_for_memory(tracee, &before);
  } else if (outcome == TRACE_PASS) {
    go_on(tracee->pid, PTRACE_CONT, 0);
  } else if (outcome == TRACE_REWRITTEN) {
    tracee->saved = before;
    tracee->step = TRACE_STEP_RESTORE;
    trace_registers_set(tracee->pid, &registers);
    go_on(tracee->pid, PTRACE_SYSCALL, 0);
  } else {
    answer(tracee, &registers, outcome == TRACE_ANSWER ? call.answer : outcome);
  }
}

/* Compilers count on arguments being in their registers still. */
static void restore_arguments(struct tracee *tracee, struct trace_registers *now) {
  long result = trace_result(now);
  for (int i = 0; i < 6; i++) *trace_slot(now, i) = trace_argument(&tracee->saved, i);
  trace_result_put(now, result);
}

/* Root was refused: once more, with what root may. */
static bool try_again(struct trace *trace, struct tracee *tracee, struct trace_registers *now) {
  if (trace_result(now) != -EACCES || tracee->loans || !trace_lend(trace, tracee)) return false;
  *now = tracee->saved;
  trace_again(now);
  return true;
}

static void call_ends(struct trace *trace, struct tracee *tracee) {
  struct trace_registers now;
  enum trace_step step = tracee->step;
  tracee->step = TRACE_STEP_NONE;
  if (step != TRACE_STEP_NONE && trace_registers_get(tracee->pid, &now) == 0) {
    if (step == TRACE_STEP_RESTORE) {
      if (!try_again(trace, tracee, &now)) {
        restore_arguments(tracee, &now);
        trace_take_back(tracee);
        trace_own_creation(tracee, trace_result(&now) >= 0);
      }
    } else {
      long place = trace_result(&now);
      now = tracee->saved;
      if (place < 0 && place > -4096) {
        trace_result_put(&now, -ENOMEM);
      } else {
        tracee->scratch = (uint64_t)place;
        tracee->scratch_bytes = tracee->scratch_wanted;
        trace_again(&now);
      }
    }
    trace_registers_set(tracee->pid, &now);
  }
  go_on(tracee->pid, PTRACE_CONT, 0);
}

/* What the call that made a child said; enough of it to tell threads from processes. */
static uint64_t clone_flags(struct tracee *parent, int event) {
  struct trace_registers registers;
  uint64_t flags = 0;
  if (event == PTRACE_EVENT_FORK) return 0;
  if (event == PTRACE_EVENT_VFORK) return CLONE_VM | CLONE_VFORK;
  if (trace_registers_get(parent->pid, &registers) < 0) return CLONE_VM;
  long number = trace_number(&registers);
  if (number == SYS_clone) return trace_argument(&registers, 0);
  return number == 435 && trace_read(parent->pid, trace_argument(&registers, 0), &flags, sizeof flags) == 0 ? flags : CLONE_VM;
}

static void child_made(struct trace *trace, struct tracee *parent, int event) {
  unsigned long pid = 0;
  if (ptrace(PTRACE_GETEVENTMSG, parent->pid, NULL, &pid) == 0) {
    struct tracee *child = trace_add(trace, (pid_t)pid);
    trace_inherit(child, parent, clone_flags(parent, event));
    if (child->is_waiting) go_on(child->pid, PTRACE_CONT, 0);
    child->is_waiting = false;
  }
  go_on(parent->pid, PTRACE_CONT, 0);
}

/* A thread that executes takes the place of the process's first one; the others are gone. */
static void executed(struct trace *trace, struct tracee *tracee) {
  unsigned long former = 0;
  struct tracee *other = NULL;
  if (ptrace(PTRACE_GETEVENTMSG, tracee->pid, NULL, &former) == 0 && (pid_t)former != tracee->pid) other = trace_find(trace, (pid_t)former);
  if (other) {
    tracee->ids = other->ids;
    tracee->next_program = other->next_program;
    other->next_program = NULL;
    trace_remove(trace, (pid_t)former);
  }
  trace_executed(trace, tracee);
  go_on(tracee->pid, PTRACE_CONT, 0);
}

static bool stops_a_group(int number) {
  return number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

static void stopped(struct trace *trace, pid_t pid, int status) {
  int number = WSTOPSIG(status), event = status >> 16;
  struct tracee *tracee = trace_find(trace, pid);
  if (!tracee) {
    /* Before the news of who made it. */
    tracee = trace_add(trace, pid);
    tracee->is_waiting = true;
    return;
  }
  switch (event) {
    case PTRACE_EVENT_SECCOMP: call_begins(trace, tracee); return;
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
    case PTRACE_EVENT_CLONE: child_made(trace, tracee, event); return;
    case PTRACE_EVENT_EXEC: executed(trace, tracee); return;
    case PTRACE_EVENT_STOP: go_on(pid, stops_a_group(number) ? PTRACE_LISTEN : PTRACE_CONT, 0); return;
    default: break;
  }
  if (number == (SIGTRAP | 0x80)) call_ends(trace, tracee);
  else go_on(pid, tracee->step == TRACE_STEP_NONE ? PTRACE_CONT : PTRACE_SYSCALL, number);
}

/* As the program has ended, so do we; what it left behind is killed then. */
_Noreturn static void end_like(int status) {
  if (WIFEXITED(status)) _exit(WEXITSTATUS(status));
  signal(WTERMSIG(status), SIG_DFL);
  sigset_t all;
  sigemptyset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  kill(getpid(), WTERMSIG(status));
  _exit(128 + WTERMSIG(status));
}

static void take_signals(pid_t first) {
  first_process = first;
  struct sigaction action = {.sa_handler = hand_on, .sa_flags = SA_RESTART};
  for (int number = 1; number < NSIG; number++)
    if (number != SIGCHLD && number != SIGTTIN && number != SIGTTOU && number != SIGTSTP) sigaction(number, &action, NULL);
  signal(SIGTTOU, SIG_IGN);
  signal(SIGTTIN, SIG_IGN);
  signal(SIGTSTP, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn void trace_supervise(const struct trace_space *space, pid_t first) {
  static struct trace trace;
  trace.space = space;
  trace.first = first;
  trace.own_uid = geteuid();
  take_signals(first);
  trace_add(&trace, first);
  for (;;) {
    int status;
    pid_t pid = waitpid(-1, &status, __WALL);
    if (pid < 0 && errno == EINTR) continue;
    if (pid < 0) _exit(125);
    if (WIFSTOPPED(status)) {
      stopped(&trace, pid, status);
    } else {
      trace_remove(&trace, pid);
      if (pid == first) end_like(status);
    }
  }
}

