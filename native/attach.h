/* The attach client: what its files share. */
#ifndef CALA_ATTACH_H
#define CALA_ATTACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "frame.h"

#define DETACH_KEYS_MAX 16

struct detach_keys {
  uint8_t keys[DETACH_KEYS_MAX];
  size_t count;
  size_t held; /* how many of them have just been typed */
};

/* Parses `ctrl-p,ctrl-q`, `a`, `ctrl-@` …; empty text means that there are none. 0 or -EINVAL. */
int detach_keys_parse(struct detach_keys *keys, const char *text);
/* Copies typed bytes to out (room for length + DETACH_KEYS_MAX) without those that may begin the sequence. Returns how many were
 * copied; sets *detach when the sequence is complete. */
size_t detach_keys_filter(struct detach_keys *keys, const uint8_t *in, size_t length, uint8_t *out, bool *detach);

/* attach-terminal.c. Raw mode is undone by terminal_restore, which may be called from a signal handler and any number of times. */
int terminal_make_raw(int fd);
void terminal_restore(void);
void terminal_resume(void); /* raw again, after a stop */
/* Rows and columns of the first of standard input, output and error that is a terminal. 0 or -errno. Async-signal-safe. */
int terminal_size(uint16_t *rows, uint16_t *columns);

/* attach-signals.c. Signals go to the container from the handler, over a connection of their own: they pass however much input
 * or output is waiting elsewhere. */
/* is_raw: our terminal is in raw mode, and has to be restored whatever happens. has_terminal: the container has one; it follows
 * the size of ours. */
void attach_signals_install(bool proxy, bool is_raw, bool has_terminal);
/* From now on signals are sent to fd; those that came before are sent now. -1: they are dropped. */
void attach_signals_connect(int fd);
/* Back to the defaults, for the time when the container has ended. */
void attach_signals_reset(void);

/* attach-connect.c */
/* Connects to the control socket below dir_fd. A descriptor or -errno. */
int attach_connect(int dir_fd);
/* Sends a small frame whole. 0 or -errno. Async-signal-safe. */
int attach_send(int fd, enum frame_type type, const void *payload, uint32_t length);
/* Reads exactly length bytes. 0 or -errno; -EPIPE at the end. */
int attach_read(int fd, void *into, size_t length);
/* Reads the first frame of a starter's connection. 0 or -errno. */
int attach_read_report(int fd, struct report *report);

#endif
