/* RFC 3339 times in UTC, written without libc's time zone code. */
#ifndef CALA_TIMESTAMP_H
#define CALA_TIMESTAMP_H

#include <stdint.h>
#include <time.h>

#define TIMESTAMP_BYTES 31 /* 2026-11-21T04:01:57.123456789Z and a NUL */

/* Formats a time with nine digits after the point, as docker's log lines have it. */
void timestamp_format(char out[TIMESTAMP_BYTES], const struct timespec *time);
void timestamp_now(char out[TIMESTAMP_BYTES]);
/* Nanoseconds since 1970 of an RFC 3339 time in UTC (any number of digits after the point); -1 where it is none. */
int64_t timestamp_parse(const char *text, size_t length);
/* Milliseconds of the monotonic clock, for deadlines. */
int64_t timestamp_monotonic_ms(void);

#endif
