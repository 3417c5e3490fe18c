/* A query on its way out, and the sockets on which it was sent. */
#ifndef CALA_DNS_FORWARD_H
#define CALA_DNS_FORWARD_H

#include "network.h"

#define FORWARD_QUERY_MAX 2048u
#define ATTEMPTS_MAX (MEMBER_PEERS + 8u)

/* One server, or one other network, that was asked. */
struct attempt {
  struct source source; /* fd -1: over */
  struct forward *forward;
  uint32_t server;
  uint8_t id[2];
  uint8_t *stream; /* of an answer over TCP: its length and bytes */
  size_t stream_used;
  bool is_sent;
};

struct forward {
  struct forward *next;
  struct asker asker;
  struct servers servers;
  int64_t next_at, until;
  int refusal; /* DNS code instead of asking out; 0: out is allowed */
  bool is_past_peers, asks_host;
  uint32_t peer_count, attempt_count;
  struct attempt attempts[ATTEMPTS_MAX];
  uint8_t *fallback; /* an answer that is no good, if there comes no better */
  size_t fallback_length;
  size_t query_length, question_end;
  uint8_t query[FORWARD_QUERY_MAX];
};

/* dns-attempt.c: sends the query; 0 or -errno with nothing left open. */
int attempt_server(struct network *network, struct attempt *attempt, const struct ip_prefix *server);
int attempt_peer(struct network *network, struct attempt *attempt, const char *dir);
void attempt_close(struct network *network, struct attempt *attempt);

/* dns-forward.c: what came of it. Both may end the forward. */
void attempt_answered(struct network *network, struct attempt *attempt, uint8_t *packet, size_t length);
void attempt_failed(struct network *network, struct attempt *attempt);

/* dns-attempt.c: the name servers of a resolv.conf. */
void servers_read(const char *path, struct servers *out);

#endif
