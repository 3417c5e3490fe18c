/* Output of a container in the host's journal, one entry per line, by its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL). */
#ifndef CALA_LOG_JOURNAL_H
#define CALA_LOG_JOURNAL_H

#include <stddef.h>
#include <stdint.h>
#include "log-file.h"

struct log_journal {
  int fd;             /* -1: not in use */
  const char *socket; /* borrowed */
  const char *fields; /* borrowed: `NAME=value` lines that go with each entry */
};

/* 0 or -errno. */
int log_journal_open(struct log_journal *journal, const char *socket, const char *fields);

/* As log_file_append; *lost counts the bytes that the journal did not take, and *error tells why. */
size_t log_journal_append(struct log_journal *journal, enum log_stream stream, const uint8_t *data, size_t length, enum log_rest rest, uint64_t *lost, int *error);

#endif
