/* The outer user namespace of this user. */
#ifndef CALA_USERNS_H
#define CALA_USERNS_H

struct report;

/* As userns_enter_outer, with the map as NULL-terminated arrays of `inside outside count`. */
int userns_enter(const char *runtime_dir, char *const *uid_lines, char *const *gid_lines, struct report *report);

/* Makes a new user namespace with this map around the calling process (userns-create.c). */
int userns_create(char *const *uid_lines, char *const *gid_lines, struct report *report);

/* Closes every descriptor but the one that userns_leave needs. */
void userns_close_others(void);

/* A further user namespace around this process, which is root of the present one; it has no id of its own there yet. */
int userns_nest(char *const *uids, char *const *gids, struct report *report);

#endif
