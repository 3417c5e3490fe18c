/* The numbers that the fuzzers mutate by: the same in every run (xorshift). */
#ifndef CALA_FUZZ_RANDOM_H
#define CALA_FUZZ_RANDOM_H

#include <stdint.h>

static inline uint64_t fuzz_random(void) {
  static uint64_t state = 88172645463325252ull;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

#endif
