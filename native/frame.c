/* Encoding and checking of control socket frames. */
#include "frame.h"
#include <errno.h>

void frame_put_header(uint8_t *at, enum frame_type type, uint32_t length)
{
  memset(at, 0, 4);
  at[0] = (uint8_t)type;
  frame_put_u32(at + 4, length);
}

struct frame_header frame_get_header(const uint8_t *at)
{
  return (struct frame_header){.type = at[0], .length = frame_u32(at + 4)};
}

int frame_is_valid_request(struct frame_header header)
{
  switch (header.type) {
  case FRAME_STDIN: return header.length <= FRAME_DATA_MAX;
  case FRAME_KEEP:
  case FRAME_PAUSE:
  case FRAME_UNPAUSE:
  case FRAME_RELOAD:
  case FRAME_PROBE:
  case FRAME_OFF:
  case FRAME_STDIN_EOF: return header.length == 0;
  case FRAME_RESIZE:
  case FRAME_SIGNAL:
  case FRAME_SUBSCRIBE: return header.length == 4;
  case FRAME_STOP: return header.length == 8;
  case FRAME_CONNECT:
  case FRAME_DISCONNECT: return header.length > 0 && header.length <= FRAME_TEXT_MAX;
  default: return 0;
  }
}

size_t frame_put_report(uint8_t *out, const struct report *report)
{
  size_t text = strnlen(report->text, sizeof report->text);
  frame_put_header(out, FRAME_REPORT, (uint32_t)(FRAME_REPORT_BYTES + text));
  frame_put_u32(out + 8, report->stage);
  frame_put_u32(out + 12, report->op_index);
  frame_put_u32(out + 16, (uint32_t)report->error);
  frame_put_u32(out + 20, report->pid);
  memcpy(out + 24, report->text, text);
  return FRAME_HEADER_BYTES + FRAME_REPORT_BYTES + text;
}

int frame_get_report(const uint8_t *payload, uint32_t length, struct report *report)
{
  if (length < FRAME_REPORT_BYTES || length > FRAME_REPORT_MAX) return -EPROTO;
  memset(report, 0, sizeof *report);
  report->stage = frame_u32(payload);
  report->op_index = frame_u32(payload + 4);
  report->error = (int32_t)frame_u32(payload + 8);
  report->pid = frame_u32(payload + 12);
  size_t text = length - FRAME_REPORT_BYTES;
  if (text >= sizeof report->text) text = sizeof report->text - 1;
  memcpy(report->text, payload + FRAME_REPORT_BYTES, text);
  return 0;
}
