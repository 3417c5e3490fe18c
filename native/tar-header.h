/* One 512-byte tar header: numbers, checksum, dialects. Sources: POSIX.1-2017 pax, GNU tar manual "Basic Tar Format", star(5). */
#ifndef CALA_TAR_HEADER_H
#define CALA_TAR_HEADER_H

#include <stdint.h>
#include <stddef.h>

#define TAR_BLOCK 512u

enum tar_dialect { TAR_V7, TAR_USTAR, TAR_GNU, TAR_STAR };

/* Offsets and widths of the fields. */
#define TAR_NAME 0, 100
#define TAR_MODE 100, 8
#define TAR_UID 108, 8
#define TAR_GID 116, 8
#define TAR_SIZE 124, 12
#define TAR_MTIME 136, 12
#define TAR_CHECKSUM 148, 8
#define TAR_TYPE_AT 156
#define TAR_LINKNAME 157, 100
#define TAR_MAGIC_AT 257
#define TAR_DEVMAJOR 329, 8
#define TAR_DEVMINOR 337, 8
#define TAR_PREFIX_AT 345

/* Reads octal text or base-256. 0 or -EINVAL. An empty field is 0. */
int tar_parse_number(const unsigned char *block, size_t at, size_t width, int64_t *out);

/* Writes octal text, or base-256 where that does not fit. */
void tar_put_number(unsigned char *block, size_t at, size_t width, int64_t value);

/* Whether the checksum is right, as unsigned sum or as the signed sum of old programs. */
int tar_checksum_is_right(const unsigned char *block);
void tar_put_checksum(unsigned char *block);

enum tar_dialect tar_dialect_of(const unsigned char *block);

/* Joins prefix and name as the dialect says; out has room for 260 bytes. */
void tar_header_name(const unsigned char *block, enum tar_dialect dialect, char *out);

int tar_block_is_zero(const unsigned char *block);

#endif
