/* Signals to the client are signals to the container. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <unistd.h>
#include "attach.h"

/* All that a user or a supervisor sends; not those that report a fault of this program, stop it, or belong to its input and output. */
static const int proxied[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGWINCH};
static const int fatal[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGPIPE};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static volatile int signal_connection = -1;
static volatile sig_atomic_t is_dropping;
static volatile uint64_t signals_pending;
static bool signals_are_raw, signals_have_terminal;

static void attach_send_size(int fd)
{
  uint16_t size[2];
  if (terminal_size(&size[0], &size[1]) == 0) attach_send(fd, FRAME_RESIZE, size, sizeof size);
}

static void attach_deliver(int signal)
{
  uint32_t number = (uint32_t)signal;
  if (signals_have_terminal && signal == SIGWINCH) attach_send_size(signal_connection);
  else attach_send(signal_connection, FRAME_SIGNAL, &number, sizeof number);
}

/* Ends as the signal would have ended us, with the terminal as we found it. */
static void attach_die(int number)
{
  terminal_restore();
  signal(number, SIG_DFL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  raise(number);
}

static void on_proxied(int signal)
{
  int before = errno;
  if (signal_connection >= 0) attach_deliver(signal);
  else if (!is_dropping) signals_pending |= 1ull << signal;
  /* The terminal is gone for good: the container hears of it, and there is nobody left to show anything to. */
  if (signal == SIGHUP && signals_are_raw) attach_die(signal);
  errno = before;
}

static void on_fatal(int signal)
{
  attach_die(signal);
}

static void on_stop(int signal)
{
  int before = errno;
  (void)signal;
  terminal_restore();
  raise(SIGSTOP);
  terminal_resume();
  errno = before;
}

static void install(int signal, void (*handler)(int), int flags)
{
  struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
  sigfillset(&action.sa_mask);
  sigaction(signal, &action, NULL);
}

void attach_signals_install(bool proxy, bool is_raw, bool has_terminal)
{
  signals_are_raw = is_raw;
  signals_have_terminal = has_terminal;
  if (has_terminal) install(SIGWINCH, on_proxied, SA_RESTART);
  if (is_raw) {
    for (size_t i = 0; i < COUNT(fatal); i++) install(fatal[i], on_fatal, 0);
    install(SIGTSTP, on_stop, SA_RESTART);
  }
  for (size_t i = 0; proxy && i < COUNT(proxied); i++) install(proxied[i], on_proxied, SA_RESTART);
}

void attach_signals_connect(int fd)
{
  is_dropping = fd < 0;
  signal_connection = fd;
  uint64_t pending = signals_pending;
  signals_pending = 0;
  for (int signal = 1; fd >= 0 && signal < 64; signal++) {
    if (pending & (1ull << signal)) attach_deliver(signal);
  }
  if (fd >= 0 && signals_have_terminal) attach_send_size(fd);
}

void attach_signals_reset(void)
{
  signal_connection = -1;
  for (size_t i = 0; i < COUNT(proxied); i++) {
    if (proxied[i] == SIGWINCH) signal(SIGWINCH, SIG_DFL);
    else install(proxied[i], on_fatal, 0);
  }
}
