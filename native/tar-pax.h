/* Records of pax extended headers: "LENGTH KEY=VALUE\n". Source: POSIX.1-2017, pax, "pax Extended Header". */
#ifndef CALA_TAR_PAX_H
#define CALA_TAR_PAX_H

#include <stdint.h>
#include <stddef.h>

struct tar_pax_record {
  const char *key;
  size_t key_length;
  const char *value;
  size_t value_length;
};

/* The next record at *position. 1: there is one, 0: no more, -EINVAL: malformed. */
int tar_pax_next(const char *bytes, size_t length, size_t *position, struct tar_pax_record *out);

int tar_pax_key_is(const struct tar_pax_record *record, const char *key);

/* If the key begins so, the rest of the key and its length. */
const char *tar_pax_key_after(const struct tar_pax_record *record, const char *prefix, size_t *rest_length);

/* Decimal numbers, signed. 0 or -EINVAL. */
int tar_pax_number(const struct tar_pax_record *record, int64_t *out);

/* "seconds[.fraction]", also before 1970; further digits than nanoseconds are cut. */
int tar_pax_time(const struct tar_pax_record *record, int64_t *seconds, uint32_t *nanoseconds);

#endif
