#include "layer-base.h"
#include "utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

static struct {
  char code[48];
  char message[512];
  char entry[4352];
  int is_set;
  int has_entry;
} failure;

int layer_fail(int error, const char *code, const char *entry, const char *format, ...)
{
  if (failure.is_set)
    return -error;
  failure.is_set = 1;
  snprintf(failure.code, sizeof failure.code, "%s", code);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(failure.message, sizeof failure.message, format, arguments);
  va_end(arguments);
  failure.has_entry = entry != NULL;
  if (entry != NULL)
    snprintf(failure.entry, sizeof failure.entry, "%s", entry);
  return -error;
}

void layer_print_json(FILE *out, const char *text)
{
  fputc('"', out);
  for (const unsigned char *at = (const unsigned char *)text; *at != 0;) {
    size_t length = utf8_length(at);
    if (length == 0) {
      fputs("\\ufffd", out);
      at++;
    } else if (*at == '"' || *at == '\\') {
      fprintf(out, "\\%c", *at++);
    } else if (*at < 0x20) {
      fprintf(out, "\\u%04x", *at++);
    } else {
      fwrite(at, 1, length, out);
      at += length;
    }
  }
  fputc('"', out);
}

int layer_report_failure(void)
{
  fputs("{\"code\":", stderr);
  layer_print_json(stderr, failure.is_set ? failure.code : "layer-failed");
  fputs(",\"message\":", stderr);
  layer_print_json(stderr, failure.is_set ? failure.message : "failed");
  if (failure.has_entry) {
    fputs(",\"entry\":", stderr);
    layer_print_json(stderr, failure.entry);
  }
  fputs("}\n", stderr);
  return 1;
}

int layer_write_all(int fd, const void *bytes, size_t length)
{
  const char *at = bytes;
  while (length > 0) {
    ssize_t written = write(fd, at, length);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return -errno;
    at += written;
    length -= (size_t)written;
  }
  return 0;
}

int layer_parse_number(const char *text, uint64_t *out)
{
  if (text == NULL || text[0] < '0' || text[0] > '9')
    return -EINVAL;
  char *end;
  errno = 0;
  *out = strtoull(text, &end, 10);
  return errno != 0 || *end != 0 ? -EINVAL : 0;
}
