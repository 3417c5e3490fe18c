/* Privileges that cala itself was given and that nothing it runs may keep. */
#ifndef CALA_PRIVILEGE_H
#define CALA_PRIVILEGE_H

/* Drops the ambient CAP_DAC_READ_SEARCH that the launcher keeps for the front end when root started it, and every other
 * capability of this process. Called before a user namespace is entered, which would drop them, too: this does not depend on it. 0 or -errno. */
int privilege_drop_ambient(void);

#endif
