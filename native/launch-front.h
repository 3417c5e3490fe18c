/* The launcher of the command line: what its files share. */
#ifndef CALA_LAUNCH_FRONT_H
#define CALA_LAUNCH_FRONT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define FRONT_FAILED 125
#define FRONT_NODE_MINIMUM 20
#define FRONT_NOT_TAKEN (-1)

/* A copy of the environment that can be changed; the strings are shared or allocated and never freed: exec follows. */
struct front_environment {
  char **strings; /* NULL-terminated */
  size_t count;
  size_t capacity;
};

int front_environment_copy(struct front_environment *environment, char **strings);
const char *front_environment_get(const struct front_environment *environment, const char *name);
void front_environment_remove(struct front_environment *environment, const char *name);
/* Sets or replaces. 0 or -ENOMEM. */
int front_environment_set(struct front_environment *environment, const char *name, const char *value);
/* Gives a variable another name; nothing where it is not set. 0 or -ENOMEM. */
int front_environment_rename(struct front_environment *environment, const char *from, const char *to);

/* Whether we are root of the machine and not of some user namespace. */
bool front_is_real_root(void);
/* Becomes the account `cala`, keeping of root's power only CAP_DAC_READ_SEARCH, as an ambient capability, and for `container checkpoint` what
 * CRIU needs. 0, or -errno with a sentence in *why. */
int front_become_account(struct front_environment *environment, char **argv, const char **why);

/* Executes Node on the script in program_dir. Returns only when that failed, with a sentence printed: the exit code. */
int front_run_node(struct front_environment *environment, const char *program_dir, int argc, char **argv);
/* Makes CALA_NODE name the Node that would be executed, where that is known without a search. 0, or -ENOENT. */
int front_set_node(struct front_environment *environment, const char *program_dir);

/* Whether descriptors 0, 1 and 2 are open; Node puts /dev/null in the place of missing ones. */
bool front_has_standard_streams(void);
/* Runs a `run` without Node whose launch template is there and holds. The exit code, or FRONT_NOT_TAKEN where it is Node's after all. */
int front_run_run(struct front_environment *environment, const char *program_dir, char **argv);
/* Runs the first `start` of a container without Node, where its `create` has prepared it and all is as it was; to a `create` it tells Node where
 * that is noted. The exit code, or FRONT_NOT_TAKEN. */
int front_run_start(struct front_environment *environment, const char *program_dir, char **argv);
/* Where launch templates lie, with a slash at the end. False for what core/dirs/dirs.ts would make absolute. */
bool front_templates_directory(const struct front_environment *environment, char out[PATH_MAX]);
/* Answers a `pull` without Node where the registry still has what is here. The exit code, or FRONT_NOT_TAKEN where it is Node's after all. */
int front_run_pull(struct front_environment *environment, const char *program_dir, char **argv);
/* The directory of the container that a name or a whole id stands for, if one has it; says nothing of whether it is there. */
bool front_find_container(const struct front_environment *environment, const char *name, char path[PATH_MAX]);
/* Stops one running container without Node, where nothing else is asked. The exit code, or FRONT_NOT_TAKEN. */
int front_run_stop(struct front_environment *environment, char **argv);
/* Runs a plain `exec` without Node. The exit code, or FRONT_NOT_TAKEN where it is Node's after all. */
int front_run_exec(struct front_environment *environment, const char *program_dir, char **argv);

#endif
