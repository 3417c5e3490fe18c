/* Paths of a container, resolved below its root and used by descriptor (CVE-2021-30465): a name is never resolved twice. */
#ifndef CALA_CONFINED_H
#define CALA_CONFINED_H

#include <stdint.h>
#include <sys/types.h>

/* Opens `path` as if `root` were "/": neither ".." nor a symbolic link nor /proc's magic links lead out. fd or -errno. */
int confined_open(int root, const char *path, uint64_t flags);

enum confined_kind { CONFINED_DIRECTORY, CONFINED_FILE };

/* An O_PATH descriptor of `path`; it and its parents are made where missing (directories 0755 or `mode`, an empty file). */
int confined_make(int root, const char *path, enum confined_kind kind, mode_t mode);

/* Opens the parent directory of `path`, making it where missing; *name points at the last component within `path`. */
int confined_parent(int root, const char *path, const char **name);

/* A file below `proc`, an O_PATH descriptor of a /proc, for writing. It must be the real /proc, with nothing mounted over that
 * part: neither a file of the image nor another file of /proc may receive the write (CVE-2019-16884, CVE-2025-52881). fd or -errno. */
int confined_open_own(int proc, const char *path);

#endif
