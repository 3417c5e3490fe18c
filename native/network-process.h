/* What the process of a network and those who look for it agree on. */
#ifndef CALA_NETWORK_PROCESS_H
#define CALA_NETWORK_PROCESS_H

/* In the network's directory below the runtime directory. */
#define NETWORK_SOCKET "join"
#define NETWORK_NAMES_SOCKET "names"

#endif
