/* Descriptors that a program gets beyond its standard streams: sockets that a service manager listens on (sd_listen_fds(3)), and what
 * --preserve-fd names. */
#ifndef CALA_HANDED_H
#define CALA_HANDED_H

#include <stdbool.h>

struct handed_fd {
  int from; /* ours */
  int to;   /* the program's */
};

struct handed {
  unsigned listening; /* so many, from 3 on, it is told of by LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES */
  char *names;        /* separated by colons; NULL: they have none */
  unsigned count;
  struct handed_fd fds[];
};

/* Reads `FROM:TO,FROM:TO…`; *out belongs to the caller. 0, -EINVAL or -ENOMEM. */
int handed_parse(const char *text, struct handed **out);

/* Closes what is open from descriptor 3 on, but for `kept`. */
void close_all_but(const int *kept, unsigned count);

/* The same but for what is handed on, which keeps its place and becomes close-on-exec, and `kept`. `handed` may be NULL. */
void handed_keep(const struct handed *handed, const int *kept, unsigned count);

/* Moves the descriptors to the program's numbers. Whatever lies there is closed, but for those that `kept` points to, which are moved out of the
 * way; everything else is closed. All are close-on-exec until handed_release. 0 or -errno. */
int handed_place(const struct handed *handed, int *const *kept, unsigned count);

/* The program that is executed next has them. */
void handed_release(const struct handed *handed);

/* The variables with those that tell of listening sockets, in memory of its own with room for one more; NULL without memory. */
char **handed_environment(const struct handed *handed, char **variables);

#endif
