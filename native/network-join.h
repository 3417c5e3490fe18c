/* A container's monitor joins networks: finds or starts the process of each, and keeps the connection that is the membership. */
#ifndef CALA_NETWORK_JOIN_H
#define CALA_NETWORK_JOIN_H

#include <stdint.h>
#include <sys/types.h>

/* What a network process answers to a request to join. */
struct network_answer {
  int32_t error; /* errno, positive; 0: joined */
  char text[120];
};

/* Where a network is, and what it is asked. */
struct network_target {
  const char *dir;     /* of its sockets */
  const char *config;  /* file that its process is started with */
  const char *runtime_dir;
  const char *request; /* lines of a key and a value; see network-member.c */
};

/* Joins the network namespace of process `pid`. Returns the connection, or -errno with a sentence in `text`. */
int network_join(const struct network_target *target, pid_t pid, char *text, size_t size);

#endif
