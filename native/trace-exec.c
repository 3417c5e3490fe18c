/* Executing a program: the kernel would look for the interpreters of scripts and of dynamic programs in the host's root, so they are
 * named here: `/host/…/ld.so --argv0 NAME PROGRAM ARGUMENTS`, where PROGRAM is the container's path, which ld.so opens under supervision. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "trace.h"

#define HEAD_BYTES 4096
#define MAX_SCRIPTS 5
#define MAX_PREFIX 16

struct program {
  struct trace_path path;
  char guest[PATH_MAX];           /* as the loader is told */
  char *prefix[MAX_PREFIX];       /* words that come before the arguments, after the name; freed with the program */
  int prefix_count;
  unsigned char head[HEAD_BYTES];
  ssize_t head_bytes;
};

static void program_free(struct program *program) {
  for (int i = 0; i < program->prefix_count; i++) free(program->prefix[i]);
  program->prefix_count = 0;
}

static int put_before(struct program *program, const char *word) {
  if (program->prefix_count == MAX_PREFIX) return -ELOOP;
  char *copy = strdup(word);
  if (!copy) return -ENOMEM;
  memmove(program->prefix + 1, program->prefix, (size_t)program->prefix_count * sizeof *program->prefix);
  program->prefix[0] = copy;
  program->prefix_count++;
  return 0;
}

static int load_head(struct program *program) {
  struct stat status;
  if (stat(program->path.host, &status) < 0) return -errno;
  if (!S_ISREG(status.st_mode) || !(status.st_mode & 0111)) return -EACCES;
  AUTO_CLOSE int fd = open(program->path.host, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return -errno;
  program->head_bytes = read(fd, program->head, sizeof program->head - 1);
  if (program->head_bytes < 0) return -errno;
  program->head[program->head_bytes] = 0;
  return 0;
}

/* "#! INTERPRETER [ONE ARGUMENT]": the interpreter takes the program's place. */
static int enter_script(struct trace_call *call, struct program *program) {
  char line[512];
  snprintf(line, sizeof line, "%.*s", (int)strcspn((char *)program->head, "\n"), (char *)program->head);
  char *interpreter = line + 2 + strspn(line + 2, " \t");
  size_t length = strcspn(interpreter, " \t");
  char *argument = interpreter + length + strspn(interpreter + length, " \t");
  for (char *end = argument + strlen(argument); end > argument && (end[-1] == ' ' || end[-1] == '\t'); end--) end[-1] = 0;
  interpreter[length] = 0;
  if (!*interpreter) return -ENOEXEC;
  int result = put_before(program, program->guest);
  if (result == 0 && *argument && argument != interpreter) result = put_before(program, argument);
  if (result < 0) return result;
  snprintf(program->guest, sizeof program->guest, "%s", interpreter);
  result = trace_resolve(call, AT_FDCWD, interpreter, true, &program->path);
  return result < 0 ? result : load_head(program);
}

/* The path of the loader that an ELF program of this machine names; -ENOENT: none. */
static int loader_of(const struct program *program, char *out) {
  const ElfW(Ehdr) *header = (const void *)program->head;
  if (program->head_bytes < (ssize_t)sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32)) return -ENOENT;
  AUTO_CLOSE int fd = open(program->path.host, O_RDONLY | O_CLOEXEC);
  for (int i = 0; fd >= 0 && i < header->e_phnum; i++) {
    ElfW(Phdr) part;
    if (pread(fd, &part, sizeof part, (off_t)(header->e_phoff + (size_t)i * header->e_phentsize)) != (ssize_t)sizeof part) return -ENOEXEC;
    if (part.p_type != PT_INTERP) continue;
    if (part.p_filesz == 0 || part.p_filesz >= PATH_MAX || pread(fd, out, part.p_filesz, (off_t)part.p_offset) != (ssize_t)part.p_filesz) return -ENOEXEC;
    out[part.p_filesz] = 0;
    return 0;
  }
  return -ENOENT;
}

/* Loaders before glibc 2.33 and of old musl cannot be told a name. */
static bool knows_names(const char *loader) {
  static char known[PATH_MAX];
  static bool answer;
  if (strcmp(known, loader) == 0) return answer;
  AUTO_CLOSE int fd = open(loader, O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (fd < 0 || fstat(fd, &status) < 0 || status.st_size <= 0 || status.st_size > 8 << 20) return false;
  AUTO_FREE char *text = malloc((size_t)status.st_size);
  ssize_t length = text ? read(fd, text, (size_t)status.st_size) : -1;
  snprintf(known, sizeof known, "%s", loader);
  answer = length > 0 && memmem(text, (size_t)length, "argv0", 5);
  return answer;
}

/* The tracee's arguments: how many, and their addresses. */
static int read_arguments(struct trace_call *call, uint64_t address, uint64_t **out, size_t *count) {
  size_t room = 64;
  *count = 0;
  *out = malloc(room * sizeof **out);
  for (; *out; (*count)++) {
    if (*count == room) {
      uint64_t *more = realloc(*out, (room *= 2) * sizeof **out);
      if (!more) break;
      *out = more;
    }
    if (!address || trace_read(call->tracee->pid, address + *count * 8, *out + *count, 8) < 0) return address ? -EFAULT : 0;
    if (!(*out)[*count]) return 0;
  }
  return -ENOMEM;
}

/* Writes the new list: the name, the prefix, and what the caller gave after the name. */
static int put_arguments(struct trace_call *call, const struct program *program, const char *name, const uint64_t *given, size_t count, int slot) {
  size_t total = 1;
  AUTO_FREE uint64_t *list = calloc(count + MAX_PREFIX + 3, sizeof *list);
  int named = list ? trace_put(call, name, strlen(name) + 1, &list[0]) : -ENOMEM;
  if (named < 0) return named;
  for (int i = 0; i < program->prefix_count; i++) {
    int result = trace_put(call, program->prefix[i], strlen(program->prefix[i]) + 1, &list[total++]);
    if (result < 0) return result;
  }
  for (size_t i = 1; i < count; i++) list[total++] = given[i];
  list[total++] = 0;
  uint64_t place;
  int result = trace_put(call, list, total * sizeof *list, &place);
  if (result == 0) *trace_slot(call->registers, slot) = place;
  return result;
}

/* The loader in the program's place. `name` is what the program was to be called. */
static int enter_loader(struct trace_call *call, struct program *program, const char *name) {
  char loader[PATH_MAX];
  int result = loader_of(program, loader);
  if (result == -ENOENT) return 0;
  if (result == 0) result = put_before(program, program->guest);
  if (result < 0) return result;
  struct trace_path path;
  result = trace_resolve(call, AT_FDCWD, loader, true, &path);
  if (result < 0) return result;
  program->path = path;
  if (access(path.host, X_OK) < 0) return -errno;
  if (!knows_names(path.host)) return 0;
  result = put_before(program, name);
  return result < 0 ? result : put_before(program, "--argv0");
}

static int find_program(struct trace_call *call, struct program *program, int directory, const char *text) {
  int result = trace_resolve(call, directory, text, true, &program->path);
  if (result < 0) return result;
  snprintf(program->guest, sizeof program->guest, "%s", program->path.guest);
  /* A name that means who asks is looked up by another process soon. */
  if (strncmp(program->path.guest, "/proc/", 6) != 0 && text[0] == '/') snprintf(program->guest, sizeof program->guest, "%s", text);
  result = load_head(program);
  for (int depth = 0; result == 0 && program->head[0] == '#' && program->head[1] == '!'; depth++)
    result = depth == MAX_SCRIPTS ? -ELOOP : enter_script(call, program);
  return result;
}

static int rewrite(struct trace_call *call, struct program *program, int directory, const char *text, int arguments_slot) {
  AUTO_FREE uint64_t *given = NULL;
  size_t count = 0;
  char name[PATH_MAX] = "";
  uint64_t place;
  int result = find_program(call, program, directory, text);
  if (result == 0) result = read_arguments(call, trace_argument(call->registers, arguments_slot), &given, &count);
  if (result < 0) return result;
  bool is_script = program->prefix_count > 0;
  if (is_script) snprintf(name, sizeof name, "%s", program->guest);
  else if (count > 0) (void)trace_read_string(call->tracee->pid, given[0], name, sizeof name);
  free(call->tracee->next_program);
  call->tracee->next_program = strdup(program->path.guest);
  result = enter_loader(call, program, name);
  if (result == 0 && program->prefix_count > 0) result = put_arguments(call, program, name, given, count, arguments_slot);
  if (result == 0) result = trace_put(call, program->path.host, strlen(program->path.host) + 1, &place);
  if (result == 0) *trace_slot(call->registers, arguments_slot - 1) = place;
  return result < 0 ? result : TRACE_REWRITTEN;
}

int trace_exec_call(struct trace_call *call) {
  bool has_directory = trace_number(call->registers) == SYS_execveat;
  int slot = has_directory ? 1 : 0, directory = has_directory ? (int)trace_argument(call->registers, 0) : AT_FDCWD;
  char text[PATH_MAX];
  int result = trace_read_string(call->tracee->pid, trace_argument(call->registers, slot), text, sizeof text);
  if (result < 0) return result;
  if (!*text && has_directory) {
    /* A program by its descriptor: one of ours in sealed memory, which needs no loader, or a file that has a name. */
    char link[64], host[PATH_MAX];
    snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)call->tracee->pid, directory);
    ssize_t length = readlink(link, host, sizeof host - 1);
    if (length < 0) return -EBADF;
    host[length] = 0;
    if (host[0] != '/' || !trace_space_guest(call->trace->space, host, text)) return TRACE_PASS;
  }
  if (!*text) return -ENOENT;
  struct program *program = calloc(1, sizeof *program);
  if (!program) return -ENOMEM;
  result = rewrite(call, program, directory, text, slot + 1);
  program_free(program);
  free(program);
  return result;
}
