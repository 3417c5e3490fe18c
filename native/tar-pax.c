#include "tar-pax.h"

#include <errno.h>
#include <string.h>

int tar_pax_next(const char *bytes, size_t length, size_t *position, struct tar_pax_record *out)
{
  size_t at = *position;
  if (at >= length || bytes[at] == 0)
    return 0;
  size_t start = at;
  size_t size = 0;
  for (; at < length && bytes[at] >= '0' && bytes[at] <= '9'; at++) {
    size = size * 10 + (size_t)(bytes[at] - '0');
    if (size > length)
      return -EINVAL;
  }
  if (at == start || at >= length || bytes[at] != ' ' || size > length - start || start + size <= at + 1)
    return -EINVAL;
  at++;
  size_t end = start + size - 1;
  if (bytes[end] != '\n')
    return -EINVAL;
  const char *equals = memchr(bytes + at, '=', end - at);
  if (equals == NULL || equals == bytes + at)
    return -EINVAL;
  out->key = bytes + at;
  out->key_length = (size_t)(equals - out->key);
  out->value = equals + 1;
  out->value_length = (size_t)(bytes + end - out->value);
  *position = end + 1;
  return 1;
}

int tar_pax_key_is(const struct tar_pax_record *record, const char *key)
{
  return record->key_length == strlen(key) && memcmp(record->key, key, record->key_length) == 0;
}

const char *tar_pax_key_after(const struct tar_pax_record *record, const char *prefix, size_t *rest_length)
{
  size_t length = strlen(prefix);
  if (record->key_length <= length || memcmp(record->key, prefix, length) != 0)
    return NULL;
  *rest_length = record->key_length - length;
  return record->key + length;
}

static int parse_digits(const char **at, const char *end, uint64_t *out)
{
  const char *start = *at;
  uint64_t value = 0;
  for (; *at < end && **at >= '0' && **at <= '9'; (*at)++) {
    uint64_t digit = (uint64_t)(**at - '0');
    if (value > (uint64_t)(INT64_MAX - 9) / 10)
      return -EINVAL;
    value = value * 10 + digit;
  }
  *out = value;
  return *at == start ? -EINVAL : 0;
}

int tar_pax_number(const struct tar_pax_record *record, int64_t *out)
{
  const char *at = record->value;
  const char *end = at + record->value_length;
  int is_negative = at < end && *at == '-';
  uint64_t value;
  at += is_negative;
  if (parse_digits(&at, end, &value) != 0 || at != end)
    return -EINVAL;
  *out = is_negative ? -(int64_t)value : (int64_t)value;
  return 0;
}

int tar_pax_time(const struct tar_pax_record *record, int64_t *seconds, uint32_t *nanoseconds)
{
  const char *at = record->value;
  const char *end = at + record->value_length;
  int is_negative = at < end && *at == '-';
  uint64_t whole = 0;
  at += is_negative;
  if ((at >= end || *at != '.') && parse_digits(&at, end, &whole) != 0)
    return -EINVAL;
  uint32_t fraction = 0;
  if (at < end && *at == '.') {
    uint32_t unit = 100000000;
    for (at++; at < end && *at >= '0' && *at <= '9'; at++, unit /= 10)
      fraction += (uint32_t)(*at - '0') * unit;
  }
  if (at != end)
    return -EINVAL;
  *seconds = is_negative ? -(int64_t)whole : (int64_t)whole;
  if (is_negative && fraction > 0) {
    *seconds -= 1;
    fraction = 1000000000 - fraction;
  }
  *nanoseconds = fraction;
  return 0;
}
