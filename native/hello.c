/* The program of the built-in image: a greeting and what a container sees of itself. Needs no file of the image but itself. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "applets.h"

static void print_processes(void)
{
  pid_t pid = getpid();
  printf("  process   %d%s\n", (int)pid, pid == 1 ? " (the first of its namespace)" : "");
}

static void print_user(void)
{
  uid_t uid = getuid();
  printf("  user      %u:%u%s\n", (unsigned)uid, (unsigned)getgid(), uid == 0 ? " (root in here, an ordinary user outside)" : "");
}

/* Which ids of the outside the inside has: the first line of the map is enough to tell. */
static void print_id_map(void)
{
  unsigned inside, outside, count;
  FILE *map = fopen("/proc/self/uid_map", "re");
  if (map == NULL) return;
  unsigned long total = 0;
  while (fscanf(map, "%u %u %u", &inside, &outside, &count) == 3) total += count;
  fclose(map);
  printf("  ids       %lu\n", total);
}

int applet_hello(int argc, char **argv)
{
  (void)argc;
  (void)argv;
  struct utsname name;
  memset(&name, 0, sizeof name);
  uname(&name);
  puts("Hello from cala!\n\nThis container runs without root and without a daemon. It sees:");
  print_user();
  print_id_map();
  print_processes();
  printf("  host name %s\n", name.nodename);
  printf("  kernel    %s %s %s\n", name.sysname, name.release, name.machine);
  puts("\nTry next:  cala run -it --rm docker.io/library/alpine sh");
  return fflush(stdout) == 0 ? 0 : 1;
}
