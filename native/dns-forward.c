/* Names that are not ours: asked of a member's other networks, then of the resolvers. The next one is asked when one lets us wait. */
#define _GNU_SOURCE
#include "dns-forward.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "timestamp.h"

#define FORWARDS_MAX 1024u
/* Of one member: a container that asks and asks must not take the others' places. */
#define FORWARDS_EACH 192u
#define PEER_PATIENCE_MS 300
#define NEXT_SERVER_MS 400
#define SAME_SERVER_MS 1500
#define PATIENCE_MS 6000
#define SLOW_MS 10000
/* The name may have addresses, but none that could be reached. */
#define GATE_NO_DATA (-1)
#define PEERS_BYTES 8192
#define RESOLVER_FILE "/etc/resolv.conf"

static void forward_end(struct network *network, struct forward *forward) {
  struct forward **at = &network->forwards;
  while (*at != forward) at = &(*at)->next;
  *at = forward->next;
  network->forward_count--;
  for (uint32_t i = 0; i < forward->attempt_count; i++) attempt_close(network, &forward->attempts[i]);
  free(forward->fallback);
  free(forward);
}

static void answer_and_end(struct network *network, struct forward *forward, uint8_t *packet, size_t length) {
  struct dns_question question;
  if (forward->is_past_peers && dns_read_question(forward->query, forward->query_length, &question) == DNS_NOERROR) gate_learn(network, question.name, packet, length);
  memcpy(packet, forward->query, 2); /* the asker's own number */
  if (forward->asker.fd >= 0) asker_answer(&forward->asker, packet, length);
  forward_end(network, forward);
}

static void fail(struct network *network, struct forward *forward, int code) {
  uint8_t packet[DNS_UDP_DEFAULT];
  if (forward->fallback) answer_and_end(network, forward, forward->fallback, forward->fallback_length);
  else answer_and_end(network, forward, packet, dns_error_reply(packet, forward->query, forward->query_length, code));
}

/* The host's file, read again when it is another. */
static const struct servers *host_servers(struct network *network) {
  struct stat file;
  if (stat(RESOLVER_FILE, &file) < 0) return &network->host;
  int64_t time = (int64_t)file.st_mtim.tv_sec * 1000000000 + file.st_mtim.tv_nsec;
  if (time == network->host_time && file.st_ino == network->host_inode) return &network->host;
  network->host_time = time;
  network->host_inode = file.st_ino;
  memset(network->slow_until, 0, sizeof network->slow_until);
  servers_read(RESOLVER_FILE, &network->host);
  return &network->host;
}

/* The index of the server for the next attempt: those that answered lately come first. */
static uint32_t choose_server(const struct network *network, const struct forward *forward) {
  uint32_t count = forward->servers.count, tried = forward->attempt_count - forward->peer_count;
  int64_t now = timestamp_monotonic_ms();
  uint32_t order[NETWORK_SERVERS], used = 0;
  for (uint32_t slow = 0; slow < 2; slow++)
    for (uint32_t i = 0; i < count; i++)
      if ((forward->asks_host && network->slow_until[i] > now) == (slow == 1)) order[used++] = i;
  return order[tried % count];
}

static void try_next(struct network *network, struct forward *forward) {
  int64_t now = timestamp_monotonic_ms();
  while (forward->servers.count > 0 && forward->attempt_count < ATTEMPTS_MAX) {
    uint32_t index = choose_server(network, forward);
    struct attempt *attempt = &forward->attempts[forward->attempt_count++];
    attempt->server = index;
    if (attempt_server(network, attempt, &forward->servers.address[index]) < 0) continue;
    forward->next_at = now + (forward->servers.count > 1 ? NEXT_SERVER_MS : SAME_SERVER_MS);
    return;
  }
  for (uint32_t i = 0; i < forward->attempt_count; i++)
    if (forward->attempts[i].source.fd >= 0) {
      forward->next_at = forward->until;
      return;
    }
  fail(network, forward, DNS_SERVFAIL);
}

/* Past the member's other networks: out, if that is allowed. */
static void ask_servers(struct network *network, struct forward *forward) {
  for (uint32_t i = 0; i < forward->peer_count; i++) attempt_close(network, &forward->attempts[i]);
  forward->is_past_peers = true;
  if (forward->refusal) fail(network, forward, forward->refusal == GATE_NO_DATA ? DNS_NOERROR : forward->refusal);
  else try_next(network, forward);
}

static bool all_closed(const struct forward *forward) {
  for (uint32_t i = 0; i < forward->attempt_count; i++)
    if (forward->attempts[i].source.fd >= 0) return false;
  return true;
}

void attempt_failed(struct network *network, struct attempt *attempt) {
  struct forward *forward = attempt->forward;
  attempt_close(network, attempt);
  if (forward->is_past_peers) try_next(network, forward);
  else if (all_closed(forward)) ask_servers(network, forward);
}

/* An error may come without the question. */
static bool is_same_question(const struct forward *forward, const uint8_t *packet, size_t length) {
  if (length < forward->question_end) return false;
  for (size_t i = DNS_HEADER_BYTES; i < forward->question_end; i++) {
    uint8_t one = packet[i], other = forward->query[i];
    bool is_letter = (one | 0x20) >= 'a' && (one | 0x20) <= 'z';
    if (one != other && !(is_letter && (one ^ other) == 0x20)) return false;
  }
  return true;
}

/* Something that may be an answer; others are passed over, so that whoever guesses gains nothing. */
void attempt_answered(struct network *network, struct attempt *attempt, uint8_t *packet, size_t length) {
  struct forward *forward = attempt->forward;
  if (length < DNS_HEADER_BYTES || !(packet[2] & 0x80) || memcmp(packet, attempt->id, 2) != 0) return;
  if (!is_same_question(forward, packet, length) && dns_code(packet) == DNS_NOERROR) return;
  int code = dns_code(packet);
  bool is_good = code == DNS_NOERROR || (code == DNS_NXDOMAIN && forward->is_past_peers);
  if (is_good) {
    if (forward->is_past_peers && forward->asks_host) network->slow_until[attempt->server] = 0;
    answer_and_end(network, forward, packet, length);
    return;
  }
  /* Another server may know better; if none does, this is what is said. */
  if (forward->is_past_peers && !forward->fallback && (forward->fallback = malloc(length))) {
    memcpy(forward->fallback, packet, length);
    forward->fallback_length = length;
  }
  uint32_t asked = forward->attempt_count - forward->peer_count;
  if (forward->is_past_peers && asked >= forward->servers.count) fail(network, forward, DNS_SERVFAIL);
  else attempt_failed(network, attempt);
}

/* The processes of the member's other networks. */
static void ask_peers(struct network *network, struct forward *forward, const struct member *member) {
  char text[PEERS_BYTES];
  AUTO_CLOSE int fd = member->peers_path ? open(member->peers_path, O_RDONLY | O_CLOEXEC) : -1;
  ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
  text[length > 0 ? length : 0] = 0;
  char *rest = text;
  for (char *dir; (dir = strsep(&rest, "\n")) && forward->peer_count < MEMBER_PEERS;) {
    if (dir[0] != '/' || strcmp(dir, network->dir) == 0) continue;
    struct attempt *attempt = &forward->attempts[forward->attempt_count++];
    forward->peer_count++;
    attempt_peer(network, attempt, dir);
  }
}

static void start(struct network *network, struct forward *forward, const struct member *member) {
  int64_t now = timestamp_monotonic_ms();
  forward->until = now + PATIENCE_MS;
  if (member) ask_peers(network, forward, member);
  forward->next_at = now + PEER_PATIENCE_MS;
  if (all_closed(forward)) ask_servers(network, forward);
}

static bool has_room(const struct network *network, const struct asker *asker) {
  uint32_t own = 0;
  for (const struct forward *forward = network->forwards; forward; forward = forward->next) own += is_same_host(&forward->asker.address, &asker->address);
  return network->forward_count < FORWARDS_MAX && own < FORWARDS_EACH;
}

void forward_query(struct network *network, const struct asker *asker, const struct member *member, const uint8_t *query, size_t length) {
  struct dns_question question;
  network_config_refresh(network);
  struct forward *forward = has_room(network, asker) && length <= FORWARD_QUERY_MAX ? calloc(1, sizeof *forward) : NULL;
  if (!forward || dns_read_question(query, length, &question) != DNS_NOERROR) {
    uint8_t packet[DNS_UDP_DEFAULT];
    free(forward);
    asker_answer(asker, packet, dns_error_reply(packet, query, length, DNS_SERVFAIL));
    return;
  }
  forward->asker = *asker;
  memcpy(forward->query, query, length);
  forward->query_length = length;
  forward->question_end = question.end;
  forward->next = network->forwards;
  network->forwards = forward;
  network->forward_count++;
  for (uint32_t i = 0; i < ATTEMPTS_MAX; i++) forward->attempts[i] = (struct attempt){.source.fd = -1, .forward = forward};
  if (network->config->is_internal || names_is_own_domain(question.name)) forward->refusal = DNS_NXDOMAIN;
  if (!gate_allows(network, question.name)) forward->refusal = DNS_NXDOMAIN;
  else if (!gate_carries(network, question.type)) forward->refusal = GATE_NO_DATA;
  if (member && member->asks_nobody) forward->refusal = DNS_REFUSED;
  if (member && member->servers.count > 0) forward->servers = member->servers;
  else if (network->config->servers.count > 0) forward->servers = network->config->servers;
  else forward->asks_host = true, forward->servers = *host_servers(network);
  start(network, forward, member);
}

static void time_is_up(struct network *network, struct forward *forward, int64_t now) {
  if (now >= forward->until) {
    fail(network, forward, DNS_SERVFAIL);
    return;
  }
  if (now < forward->next_at) return;
  if (!forward->is_past_peers) {
    ask_servers(network, forward);
    return;
  }
  if (forward->asks_host && forward->attempt_count > forward->peer_count) network->slow_until[forward->attempts[forward->attempt_count - 1].server] = now + SLOW_MS;
  try_next(network, forward);
}

int forward_patience(struct network *network) {
  int64_t now = timestamp_monotonic_ms(), soonest = INT64_MAX;
  for (struct forward *forward = network->forwards, *next; forward; forward = next) {
    next = forward->next;
    time_is_up(network, forward, now);
  }
  for (struct forward *forward = network->forwards; forward; forward = forward->next) {
    if (forward->next_at < soonest) soonest = forward->next_at;
    if (forward->until < soonest) soonest = forward->until;
  }
  if (soonest == INT64_MAX) return -1;
  return soonest <= now ? 1 : (int)(soonest - now);
}

void forward_forget(struct network *network, int stream_fd) {
  for (struct forward *forward = network->forwards; forward; forward = forward->next)
    if (forward->asker.is_stream && forward->asker.fd == stream_fd) forward->asker.fd = -1;
}
