/* Well-formed UTF-8 (RFC 3629). */
#ifndef CALA_UTF8_H
#define CALA_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Length of the well-formed character at a text that ends with a NUL; 0 if it is none. */
size_t utf8_length(const unsigned char *text);
/* Whether a text of `length` bytes, with a NUL behind it, is nothing else. */
bool utf8_is_valid(const char *text, size_t length);

#endif
