/* The frames of the control socket, as both ends see them. Numbers are little endian, as on every machine that cala runs on. */
#ifndef CALA_FRAME_H
#define CALA_FRAME_H

#include <stdint.h>
#include <string.h>
#include "container.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "frames are copied as they lie in memory");

enum frame_type {
  FRAME_STDOUT = 1, /* bytes */
  FRAME_STDERR = 2, /* bytes */
  FRAME_EXIT = 3,   /* i32 code, u32 EXIT_* */
  FRAME_REPORT = 4, /* u32 stage, u32 op index, i32 errno, u32 pid, text */
  FRAME_ACK = 5,    /* i32 result, one per SIGNAL, STOP, PAUSE, UNPAUSE, RELOAD, CONNECT, DISCONNECT and OFF */
  FRAME_HEALTH = 10, /* i32: 0 the probe has passed, 1 it has not, -errno there was none; one per PROBE */
  FRAME_STDIN = 16, /* bytes */
  FRAME_STDIN_EOF = 17,
  FRAME_RESIZE = 18,    /* u16 rows, u16 columns */
  FRAME_SIGNAL = 19,    /* u32 signal */
  FRAME_SUBSCRIBE = 20, /* u32 SUBSCRIBE_* */
  FRAME_STOP = 23,      /* u32 signal (0: the container's own), u32 milliseconds until SIGKILL (UINT32_MAX: never) */
  FRAME_PROBE = 40,     /* empty: run a probe of the container's health now */
  FRAME_CONNECT = 150,    /* three strings with their NULs: directory, configuration, request; see membership.h */
  FRAME_DISCONNECT = 151, /* the directory */
  FRAME_OFF = 152,        /* no network at all, not even its way out, until the next CONNECT */
  FRAME_KEEP = 24,      /* empty: this end is not for good, --rm removes nothing */
  FRAME_PAUSE = 50,     /* empty, answered like SIGNAL */
  FRAME_UNPAUSE = 51,   /* empty, answered like SIGNAL */
  FRAME_RELOAD = 52,    /* empty, answered like SIGNAL: the plan has been written anew, for the next run */
};

#define SUBSCRIBE_STDOUT 1u
#define SUBSCRIBE_STDERR 2u
#define SUBSCRIBE_STDIN 4u
#define SUBSCRIBE_EXIT 8u
#define SUBSCRIBE_ALL 15u

#define EXIT_RESTARTS 1u /* the restart policy will start it again */
#define EXIT_CLEANUP 2u  /* --rm: the connection closes when everything is removed */

#define FRAME_HEADER_BYTES 8u
#define FRAME_REPORT_BYTES 16u              /* before the text */
#define FRAME_DATA_MAX (1u << 20)           /* of one STDIN, STDOUT or STDERR frame */
#define FRAME_TEXT_MAX 32768u               /* of CONNECT and DISCONNECT */
#define FRAME_REPORT_MAX (FRAME_REPORT_BYTES + sizeof(((struct report *)0)->text))

struct frame_header {
  uint8_t type;
  uint32_t length;
};

static inline uint32_t frame_u32(const uint8_t *at)
{
  uint32_t value;
  memcpy(&value, at, sizeof value);
  return value;
}

static inline uint16_t frame_u16(const uint8_t *at)
{
  uint16_t value;
  memcpy(&value, at, sizeof value);
  return value;
}

static inline void frame_put_u32(uint8_t *at, uint32_t value) { memcpy(at, &value, sizeof value); }
static inline void frame_put_u16(uint8_t *at, uint16_t value) { memcpy(at, &value, sizeof value); }

void frame_put_header(uint8_t *at, enum frame_type type, uint32_t length);
struct frame_header frame_get_header(const uint8_t *at);

/* Whether a client may send this header: known type, right length. */
int frame_is_valid_request(struct frame_header header);

/* Encodes a report; out has room for FRAME_HEADER_BYTES + FRAME_REPORT_MAX. Returns the frame's size. */
size_t frame_put_report(uint8_t *out, const struct report *report);
/* Decodes the payload of a REPORT frame. 0 or -EPROTO. */
int frame_get_report(const uint8_t *payload, uint32_t length, struct report *report);

#endif
