/* A failed start in words: TypeScript knows which config field an op came from, so this program becomes it. */
#define _GNU_SOURCE
#include "explain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int failure_exit_code(const struct report *report) {
  if (report->stage != REPORT_ENTER) return 125;
  if (report->error == ENOENT) return 127;
  return report->error == EACCES || report->error == ENOEXEC || report->error == EPERM || report->error == EISDIR ? 126 : 125;
}

int explain_failure(const char *container_dir, const struct report *report) {
  const char *program_dir = getenv("CALA_PROGRAM_DIR"), *node = getenv("CALA_NODE");
  char script[4096], stage[16], op[16], error[16];
  if (program_dir && node && snprintf(script, sizeof script, "%s/cala.cjs", program_dir) < (int)sizeof script) {
    snprintf(stage, sizeof stage, "%u", report->stage);
    snprintf(op, sizeof op, "%u", report->op_index);
    snprintf(error, sizeof error, "%d", report->error);
    char *argv[] = {(char *)node, "--", script, "__explain", (char *)container_dir, stage, op, error, (char *)report->text, NULL};
    execv(node, argv);
  }
  dprintf(2, "cala: the container cannot be started (stage %u, operation %u): %s%s%s\n", report->stage, report->op_index, report->text,
          report->text[0] ? ": " : "", strerror(report->error));
  return failure_exit_code(report);
}
