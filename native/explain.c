/* What only TypeScript can do, which this program becomes, or starts: a failed start in words, the removal of an image. */
#define _GNU_SOURCE
#include "explain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int failure_exit_code(const struct report *report) {
  if (report->stage != REPORT_ENTER) return 125;
  if (report->error == ENOENT) return 127;
  return report->error == EACCES || report->error == ENOEXEC || report->error == EPERM || report->error == EISDIR ? 126 : 125;
}

/* Becomes a hidden command of the program; returns where that cannot be done. */
static void become_command(const char *const words[], size_t count) {
  const char *program_dir = getenv("CALA_PROGRAM_DIR"), *node = getenv("CALA_NODE");
  char script[4096];
  const char *argv[12] = {node, "--", script};
  if (!program_dir || !node || count > 8 || snprintf(script, sizeof script, "%s/cala.cjs", program_dir) >= (int)sizeof script) return;
  memcpy(argv + 3, words, count * sizeof *words);
  execv(node, (char **)argv);
}

int explain_failure(const char *container_dir, const struct report *report) {
  char stage[16], op[16], error[16];
  snprintf(stage, sizeof stage, "%u", report->stage);
  snprintf(op, sizeof op, "%u", report->op_index);
  snprintf(error, sizeof error, "%d", report->error);
  const char *words[] = {"__explain", container_dir, stage, op, error, report->text};
  become_command(words, 6);
  dprintf(2, "cala: the container cannot be started (stage %u, operation %u): %s%s%s\n", report->stage, report->op_index, report->text,
          report->text[0] ? ": " : "", strerror(report->error));
  return failure_exit_code(report);
}

void image_remove_after(const char *name) {
  pid_t child = fork();
  if (child == 0) {
    const char *words[] = {"__remove-image", name};
    become_command(words, 2);
    _exit(1);
  }
  while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
}
