#define _GNU_SOURCE
#include "resolver-file.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 1024u

struct text {
  char *out;
  size_t used;
};

static void add(struct text *text, const char *prefix, const char *words) {
  int length = snprintf(text->out + text->used, RESOLVER_TEXT_MAX - text->used, "%s%s\n", prefix, words);
  if (length > 0 && (size_t)length < RESOLVER_TEXT_MAX - text->used) text->used += (size_t)length;
  text->out[text->used] = 0;
}

/* The next line of `*at`, without comment and outer blanks, in `line`; false at the end. */
static bool next_line(const char **at, char line[LINE_MAX_BYTES]) {
  if (!**at) return false;
  size_t length = strcspn(*at, "\n"), start = strspn(*at, " \t");
  const char *from = *at + (start < length ? start : length);
  size_t kept = (size_t)(*at + length - from);
  if (kept >= LINE_MAX_BYTES) kept = LINE_MAX_BYTES - 1;
  memcpy(line, from, kept);
  line[kept] = 0;
  for (char *mark = line; (mark = strpbrk(mark, "#;")); mark++)
    if (mark == line || mark[-1] == ' ' || mark[-1] == '\t') {
      *mark = 0;
      break;
    }
  for (kept = strlen(line); kept > 0 && strchr(" \t\r", line[kept - 1]); kept--) line[kept - 1] = 0;
  *at += length + ((*at)[length] == '\n');
  return true;
}

/* What follows a keyword, or NULL. */
static const char *words_of(const char *line, const char *keyword) {
  size_t length = strlen(keyword);
  if (strncmp(line, keyword, length) != 0 || (line[length] != ' ' && line[length] != '\t')) return NULL;
  return line + length + strspn(line + length, " \t");
}

static bool is_loopback(const char *address) {
  return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

/* An address that a network of its own can reach. */
static bool is_reachable(const char *address) {
  unsigned char bytes[16];
  bool is_address = inet_pton(AF_INET, address, bytes) == 1 || inet_pton(AF_INET6, address, bytes) == 1;
  return is_address && !is_loopback(address) && strcmp(address, "0.0.0.0") != 0 && strcmp(address, "::") != 0;
}

static unsigned add_servers(struct text *text, const char *file, bool *has_plain_loopback) {
  char line[LINE_MAX_BYTES];
  unsigned count = 0;
  while (next_line(&file, line)) {
    const char *server = words_of(line, "nameserver");
    if (!server) continue;
    if (strcmp(server, "127.0.0.1") == 0 || strcmp(server, "::1") == 0) *has_plain_loopback = true;
    if (!is_reachable(server)) continue;
    add(text, "nameserver ", server);
    count++;
  }
  return count;
}

/* The last search or domain line counts. */
static void add_search(struct text *text, const char *file) {
  char line[LINE_MAX_BYTES], last[LINE_MAX_BYTES] = "";
  while (next_line(&file, line)) {
    const char *words = words_of(line, "search");
    if (!words) words = words_of(line, "domain");
    if (words) snprintf(last, sizeof last, "%s", words);
  }
  if (last[0]) add(text, "search ", last);
}

static void add_options(struct text *text, const char *file) {
  char line[LINE_MAX_BYTES];
  const char *words;
  while (next_line(&file, line))
    if ((words = words_of(line, "options"))) add(text, "options ", words);
}

size_t resolver_text(const struct resolver_rules *rules, const char *host, const char *upstream, char out[RESOLVER_TEXT_MAX]) {
  struct text text = {.out = out};
  bool has_plain_loopback = false, ignored = false;
  out[0] = 0;
  if (rules->is_verbatim) return (size_t)snprintf(out, RESOLVER_TEXT_MAX, "%s", host) < RESOLVER_TEXT_MAX ? strlen(out) : RESOLVER_TEXT_MAX - 1;
  if (rules->search[0]) add(&text, "search ", rules->search);
  else add_search(&text, host);
  if (add_servers(&text, host, &has_plain_loopback) == 0) {
    if (rules->forwarder[0]) add(&text, "nameserver ", rules->forwarder);
    else if (has_plain_loopback && rules->gateway[0]) add(&text, "nameserver ", rules->gateway);
    add_servers(&text, upstream, &ignored);
  }
  if (rules->options[0]) add(&text, "options ", rules->options);
  else add_options(&text, host);
  return text.used;
}
