/* SHA-256 (FIPS 180-4), for names that must not collide. */
#ifndef CALA_SHA256_H
#define CALA_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_HEX_BYTES 65 /* with a NUL */

struct sha256 {
  uint32_t state[8];
  uint64_t length; /* bytes so far */
  uint8_t block[64];
};

void sha256_begin(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const void *bytes, size_t length);
/* The digest in lower-case hexadecimal digits; the hash is used up. */
void sha256_end(struct sha256 *hash, char out[SHA256_HEX_BYTES]);

#endif
