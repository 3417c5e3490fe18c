#ifndef CALA_CGROUP_FILE_H
#define CALA_CGROUP_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The directory of the cgroup (v2) that cala has made for a container, found through its first process (a zombie will do), since `update`
 * may have made it after the start. 0, or -ENOENT where the container shares the group of its starter. */
int cgroup_own_directory(pid_t pid, char *out, size_t size);

/* Writes one file of a cgroup. 0 or -errno. */
int cgroup_file_write(const char *directory, const char *file, const char *value);

/* The number after `key` in a file of lines `KEY NUMBER`; 0 where there is none. */
uint64_t cgroup_file_number(const char *directory, const char *file, const char *key);

#endif
