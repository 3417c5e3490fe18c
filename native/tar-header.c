#pragma GCC optimize("O3")
#include "tar-header.h"

#include <errno.h>
#include <string.h>

static int parse_base256(const unsigned char *field, size_t width, int64_t *out)
{
  int is_negative = (field[0] & 0x40) != 0;
  uint64_t value = is_negative ? UINT64_MAX : 0;
  for (size_t i = 0; i < width; i++) {
    unsigned char byte = i == 0 ? (unsigned char)(is_negative ? field[0] | 0x80 : field[0] & 0x7f) : field[i];
    unsigned char sign_byte = is_negative ? 0xff : 0;
    if ((value >> 56) != sign_byte)
      return -EINVAL;
    value = value << 8 | byte;
  }
  if ((value >> 63) != (uint64_t)is_negative)
    return -EINVAL;
  *out = (int64_t)value;
  return 0;
}

int tar_parse_number(const unsigned char *block, size_t at, size_t width, int64_t *out)
{
  const unsigned char *field = block + at;
  if (field[0] & 0x80)
    return parse_base256(field, width, out);
  size_t i = 0;
  while (i < width && field[i] == ' ')
    i++;
  uint64_t value = 0;
  for (; i < width && field[i] >= '0' && field[i] <= '7'; i++) {
    if (value >> 60)
      return -EINVAL;
    value = value << 3 | (uint64_t)(field[i] - '0');
  }
  if (i < width && field[i] != 0 && field[i] != ' ')
    return -EINVAL;
  *out = (int64_t)value;
  return 0;
}

void tar_put_number(unsigned char *block, size_t at, size_t width, int64_t value)
{
  unsigned char *field = block + at;
  int fits = value >= 0 && (3 * (width - 1) >= 63 || value < (int64_t)1 << (3 * (width - 1)));
  if (fits) {
    field[width - 1] = 0;
    for (size_t i = width - 1; i-- > 0; value >>= 3)
      field[i] = (unsigned char)('0' + (value & 7));
    return;
  }
  for (size_t i = width; i-- > 0; value >>= 8)
    field[i] = (unsigned char)(value & 0xff);
  field[0] |= 0x80;
}

int tar_checksum_is_right(const unsigned char *block)
{
  int64_t stored;
  if (tar_parse_number(block, TAR_CHECKSUM, &stored) != 0)
    return 0;
  uint32_t sum = 8 * ' ';
  int32_t signed_sum = 8 * ' ';
  for (size_t i = 0; i < TAR_BLOCK; i++)
    sum += block[i];
  for (size_t i = 148; i < 156; i++)
    sum -= block[i];
  if (stored == sum)
    return 1;
  for (size_t i = 0; i < TAR_BLOCK; i++)
    signed_sum += i >= 148 && i < 156 ? 0 : (signed char)block[i];
  return stored == signed_sum;
}

void tar_put_checksum(unsigned char *block)
{
  memset(block + 148, ' ', 8);
  uint32_t sum = 0;
  for (size_t i = 0; i < TAR_BLOCK; i++)
    sum += block[i];
  for (size_t i = 6; i-- > 0; sum >>= 3)
    block[148 + i] = (unsigned char)('0' + (sum & 7));
  block[154] = 0;
}

enum tar_dialect tar_dialect_of(const unsigned char *block)
{
  if (memcmp(block + TAR_MAGIC_AT, "ustar  ", 8) == 0)
    return TAR_GNU;
  if (memcmp(block + TAR_MAGIC_AT, "ustar", 5) != 0)
    return TAR_V7;
  return memcmp(block + 508, "tar", 4) == 0 ? TAR_STAR : TAR_USTAR;
}

void tar_header_name(const unsigned char *block, enum tar_dialect dialect, char *out)
{
  size_t width = dialect == TAR_USTAR ? 155 : dialect == TAR_STAR ? 131 : 0;
  size_t length = strnlen((const char *)block + TAR_PREFIX_AT, width);
  memcpy(out, block + TAR_PREFIX_AT, length);
  if (length > 0)
    out[length++] = '/';
  size_t name_length = strnlen((const char *)block, 100);
  memcpy(out + length, block, name_length);
  out[length + name_length] = 0;
}

int tar_block_is_zero(const unsigned char *block)
{
  return block[0] == 0 && memcmp(block, block + 1, TAR_BLOCK - 1) == 0;
}
