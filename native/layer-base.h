/* What the layer and tree applets share: resource clean-up and the one report of what went wrong. */
#ifndef CALA_LAYER_BASE_H
#define CALA_LAYER_BASE_H

#include <stdint.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LAYER_CLEANUP(function) __attribute__((cleanup(function)))
#define LAYER_PRINTF(text, first) __attribute__((format(printf, text, first)))

static inline void layer_close_fd(int *fd)
{
  if (*fd >= 0)
    close(*fd);
}

static inline void layer_free(void *pointer)
{
  free(*(void **)pointer);
}

#define layer_fd LAYER_CLEANUP(layer_close_fd) int
#define layer_owned LAYER_CLEANUP(layer_free)

/* Records why the work failed and gives back -error. The first record wins, since later ones are its consequences.
 * code is stable and kebab-case, entry is the name in the archive or tree (bytes) or NULL. */
int layer_fail(int error, const char *code, const char *entry, const char *format, ...) LAYER_PRINTF(4, 5);

/* Writes the record as one JSON line {code,message,entry} on standard error; returns the exit code 1. */
int layer_report_failure(void);

/* Prints a JSON string, quotes included. Bytes that are not valid UTF-8 become U+FFFD. */
void layer_print_json(FILE *out, const char *text);

/* Writes every byte. 0 or -errno. */
int layer_write_all(int fd, const void *bytes, size_t length);

/* A decimal number of an option. 0 or -EINVAL. */
int layer_parse_number(const char *text, uint64_t *out);

#endif
