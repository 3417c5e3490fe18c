/* The configuration of a network process: lines of a key and a value, written by core/network/config-file.ts. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "network.h"

#define MTU_MAX 65535u

bool text_next(char **cursor, char **key, char **value) {
  while (**cursor) {
    char *line = *cursor, *end = strchrnul(line, '\n');
    *cursor = *end ? end + 1 : end;
    *end = 0;
    char *space = strchr(line, ' ');
    if (!space) continue;
    *space = 0;
    *key = line;
    *value = space + 1;
    return true;
  }
  return false;
}

void servers_add(struct servers *servers, const char *text) {
  if (servers->count < NETWORK_SERVERS && !strchr(text, '/') && ip_prefix_parse(text, &servers->address[servers->count]) == 0) servers->count++;
}

static void add_prefix(struct ip_prefix *list, uint32_t *count, const char *text) {
  if (*count < NETWORK_GATEWAYS && ip_prefix_parse(text, &list[*count]) == 0) (*count)++;
}

static void add_allowed(struct network_config *config, const char *kind, char *value) {
  char *port = strrchr(value, ' ');
  if (!port || config->allowed_count == GATE_ENTRIES) return;
  *port = 0;
  struct gate_entry entry = {.port = (uint16_t)strtoul(port + 1, NULL, 10), .is_suffix = strcmp(kind, "suffix") == 0};
  if (strcmp(kind, "address") == 0) {
    if (ip_prefix_parse(value, &entry.address) < 0) return;
  } else {
    entry.name = value;
  }
  config->allowed[config->allowed_count++] = entry;
}

static void take_gate(struct network_config *config, const char *key, char *value) {
  if (strcmp(key, "outside") == 0 && config->outside_count < GATE_WORDS) config->outside[config->outside_count++] = value;
  else if (strcmp(key, "guest") == 0) ip_prefix_parse(value, &config->guests[strchr(value, ':') != NULL]);
  else if (strcmp(key, "hop") == 0) ip_prefix_parse(value, &config->next_hops[strchr(value, ':') != NULL]);
  else if (strcmp(key, "grace") == 0) config->grace_seconds = (uint32_t)strtoul(value, NULL, 10);
  else if (strncmp(key, "allow-", 6) == 0) add_allowed(config, key + 6, value);
}

static void take(struct network_config *config, const char *key, char *value) {
  if (strcmp(key, "name") == 0) config->name = value;
  else if (strcmp(key, "driver") == 0) config->driver = value;
  else if (strcmp(key, "bridge") == 0) config->bridge = value;
  else if (strcmp(key, "mode") == 0) config->mode = value;
  else if (strcmp(key, "hardware") == 0) hardware_address_parse(value, &config->hardware);
  else if (strcmp(key, "mtu") == 0) config->mtu = (uint32_t)strtoul(value, NULL, 10);
  else if (strcmp(key, "dns") == 0) config->has_dns = strcmp(value, "on") == 0;
  else if (strcmp(key, "internal") == 0) config->is_internal = strcmp(value, "yes") == 0;
  else if (strcmp(key, "gateway") == 0) add_prefix(config->gateways, &config->gateway_count, value);
  else if (strcmp(key, "subnet") == 0) add_prefix(config->subnets, &config->subnet_count, value);
  else if (strcmp(key, "server") == 0) servers_add(&config->servers, value);
  else take_gate(config, key, value);
}

static int64_t file_time(const struct stat *file) {
  return (int64_t)file->st_mtim.tv_sec * 1000000000 + file->st_mtim.tv_nsec;
}

int network_config_read(struct network *network) {
  AUTO_CLOSE int fd = open(network->config_path, O_RDONLY | O_CLOEXEC);
  struct stat file;
  struct network_config *config = calloc(1, sizeof *config);
  if (fd < 0 || fstat(fd, &file) < 0 || !config) {
    int error = errno;
    free(config);
    return -error;
  }
  ssize_t length = read(fd, config->text, sizeof config->text - 1);
  if (length < 0 || length == (ssize_t)sizeof config->text - 1) {
    free(config);
    return length < 0 ? -EIO : -E2BIG;
  }
  config->name = config->driver = "bridge";
  config->bridge = "br0";
  char *cursor = config->text, *key, *value;
  while (text_next(&cursor, &key, &value)) take(config, key, value);
  if (config->mtu > MTU_MAX) config->mtu = MTU_MAX;
  free(network->config);
  network->config = config;
  network->config_time = file_time(&file);
  return 0;
}

void network_config_refresh(struct network *network) {
  struct stat file;
  if (stat(network->config_path, &file) == 0 && file_time(&file) != network->config_time) network_config_read(network);
}
