/* RFC 3339 times in UTC. The calendar arithmetic counts days from 0000-03-01, where a leap day is the last day of a year. */
#include "timestamp.h"
#include <stddef.h>

static void put_digits(char *out, int count, uint64_t value)
{
  while (count > 0) {
    out[--count] = (char)('0' + value % 10);
    value /= 10;
  }
}

static void civil_from_days(int64_t days, int *year, unsigned *month, unsigned *day)
{
  days += 719468;
  int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  unsigned day_of_era = (unsigned)(days - era * 146097);
  unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  unsigned shifted = (5 * day_of_year + 2) / 153;
  *day = day_of_year - (153 * shifted + 2) / 5 + 1;
  *month = shifted < 10 ? shifted + 3 : shifted - 9;
  *year = (int)(year_of_era + era * 400) + (*month <= 2);
}

static int64_t days_from_civil(int year, unsigned month, unsigned day)
{
  year -= month <= 2;
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  unsigned year_of_era = (unsigned)(year - era * 400);
  unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146097 + (int64_t)(year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year) - 719468;
}

void timestamp_format(char out[TIMESTAMP_BYTES], const struct timespec *time)
{
  int64_t seconds = time->tv_sec;
  int year;
  unsigned month, day;
  unsigned of_day = (unsigned)(((seconds % 86400) + 86400) % 86400);
  civil_from_days((seconds - of_day) / 86400, &year, &month, &day);
  static const char shape[TIMESTAMP_BYTES] = "0000-00-00T00:00:00.000000000Z";
  for (size_t i = 0; i < TIMESTAMP_BYTES; i++) out[i] = shape[i];
  put_digits(out, 4, (uint64_t)year);
  put_digits(out + 5, 2, month);
  put_digits(out + 8, 2, day);
  put_digits(out + 11, 2, of_day / 3600);
  put_digits(out + 14, 2, of_day / 60 % 60);
  put_digits(out + 17, 2, of_day % 60);
  put_digits(out + 20, 9, (uint64_t)time->tv_nsec);
}

void timestamp_now(char out[TIMESTAMP_BYTES])
{
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  timestamp_format(out, &now);
}

/* The number in count digits at text, or -1. */
static int64_t digits(const char *text, int count)
{
  int64_t value = 0;
  for (int i = 0; i < count; i++) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

int64_t timestamp_parse(const char *text, size_t length)
{
  if (length < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':') return -1;
  int64_t year = digits(text, 4), month = digits(text + 5, 2), day = digits(text + 8, 2);
  int64_t hour = digits(text + 11, 2), minute = digits(text + 14, 2), second = digits(text + 17, 2);
  if (year < 0 || month < 1 || day < 1 || hour < 0 || minute < 0 || second < 0) return -1;
  int64_t seconds = days_from_civil((int)year, (unsigned)month, (unsigned)day) * 86400 + hour * 3600 + minute * 60 + second;
  int64_t nanos = 0, scale = 100000000;
  size_t at = 19;
  if (text[at] == '.') {
    for (at++; at < length && text[at] >= '0' && text[at] <= '9'; at++, scale /= 10) nanos += (text[at] - '0') * scale;
  }
  if (at >= length || text[at] != 'Z') return -1;
  return seconds * 1000000000 + nanos;
}

int64_t timestamp_monotonic_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
