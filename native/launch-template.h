/* Launch templates: files that cli/shortcut/ writes and these read. A header of 16 bytes (magic, version, bytes of all), then records: u32
 * type, u32 bytes of the payload, the payload, zeros up to a multiple of four. Guards come first, then what is to be done. */
#ifndef CALA_LAUNCH_TEMPLATE_H
#define CALA_LAUNCH_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "launch-front.h"

enum template_record_type {
  GUARD_VARIABLE = 1, /* NAME=VALUE, or NAME alone: not set */
  GUARD_FILE = 2,     /* u64 × 10: what stat says; see struct template_status; path */
  GUARD_ABSENT = 3,   /* path, which does not exist */
  GUARD_ACCESS = 4,   /* u32 mode, u32 whether access(2) grants it; path */
  GUARD_CONTENT = 5,  /* path, NUL, bytes of the file */
  GUARD_LINK = 6,     /* path, NUL, target; without one: it is no link */
  GUARD_REAL = 7,     /* path, NUL, what it comes to; nothing: it does not exist */
  GUARD_SYSTEM = 8,   /* u64 type of the file system, 0: none; path */
  GUARD_PLACE = 9,    /* the working directory */
  GUARD_ROUTES = 10,  /* as GUARD_CONTENT, of /proc/net/ipv6_route without its counters */
  DO_PLACES = 32,     /* data directory, NUL, runtime directory, NUL */
  DO_NAME = 33,       /* the container's name */
  DO_NAMES = 34,      /* two lists of words, separated by blanks, NUL between them: a name is made of one of each */
  DO_DIRECTORY = 35,  /* u32 mode, path below the container's directory */
  DO_FILE = 36,       /* u32 mode, u32 bytes of the path, path, parts */
  DO_APPEND = 37,     /* u32 largest size of the file, u32 bytes of the path, absolute path, parts */
  DO_START = 38,      /* u32 START_*, u32 streams of the first SUBSCRIBE; further words of the applet attach, each with its NUL */
  DO_PLANS = 39,      /* as DO_FILE: plans, one behind the other, then other bytes; names and words are put into their ops, not their bytes */
  DO_OPEN = 40,       /* u32 OPEN_*, u32 number of the command's arguments that stay, u32 of words of the command line that do; the name in the plans, NUL;
                       * programs that get more than others, which Node starts, each with its NUL */
  DO_ASK = 41,        /* u32 port, u32 bytes of the request; numeric address, NUL, the request, NUL, the digest that is to be answered */
  DO_SAY = 42,        /* u32 descriptor; words */
  DO_COPY = 43,       /* path below the container's directory, NUL, path of the file whose bytes it gets (0600); the template has none of them */
  DO_FACTS = 44,      /* what launch_facts_key must say */
};

#define START_DETACHED 1u
#define START_TERMINAL 2u
#define OPEN_COMMAND 1u /* its other arguments are the words that follow on the command line */
#define OPEN_NAME 2u    /* the value of --name */

/* A part of a file: u32 kind, u32 length, bytes up to a multiple of four; all but text have none. COMMAND is the open words as strings of
 * JSON with commas between them, PROGRAM the first of them as it stands within such a string. */
enum template_part { PART_TEXT, PART_ID, PART_SHORT_ID, PART_NAME, PART_TIME, PART_PRECISE_TIME, PART_COMMAND, PART_PROGRAM };

#define TEMPLATE_STATUS_NUMBERS 10
#define STATUS_OF_LINK 1u  /* symbolic links are not followed */
#define STATUS_LASTING 2u  /* sizes and times do not count */

struct launch_template {
  unsigned char *memory;
  size_t bytes;
};

struct template_record {
  uint32_t type;
  uint32_t bytes;
  const unsigned char *payload; /* with a NUL after it, or zeros */
};

/* Reads a template. 0, or -errno: -ENOENT where there is none, -EINVAL for one that is damaged or somebody else's. */
int template_read(const char *path, struct launch_template *out);
/* The record at *at, which moves on; start with 0. False at the end. */
bool template_next(const struct launch_template *template, size_t *at, struct template_record *out);
/* Whether everything is as it was when the template was made. */
bool template_holds(const struct launch_template *template, const struct front_environment *environment);

#endif
