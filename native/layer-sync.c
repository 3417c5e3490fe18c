/* The applet `layer-sync SUFFIX` with a directory of marks on descriptor 3: has the kernel write the file system to disk, then removes
 * the marks ending in SUFFIX that were there before. A mark that cannot be removed only means one more check at the next boot. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "applets.h"

#define MARKS_FD 3
#define MOST_MARKS 4096

static int ends_with(const char *name, const char *suffix)
{
  size_t length = strlen(name), wanted = strlen(suffix);
  return length > wanted && strcmp(name + length - wanted, suffix) == 0;
}

int applet_layer_sync(int argc, char **argv)
{
  static char *names[MOST_MARKS];
  size_t count = 0;
  int fd = dup(MARKS_FD);
  DIR *marks = fd < 0 ? NULL : fdopendir(fd);
  if (argc != 2 || marks == NULL)
    return 1;
  for (struct dirent *entry; count < MOST_MARKS && (entry = readdir(marks)) != NULL;)
    if (ends_with(entry->d_name, argv[1]) && (names[count] = strdup(entry->d_name)) != NULL)
      count++;
  if (syncfs(MARKS_FD) < 0)
    return 1;
  for (size_t i = 0; i < count; i++)
    (void)unlinkat(MARKS_FD, names[i], 0);
  return 0;
}
