/* The applet `hello`: prints a greeting and facts about the container. */
#ifndef CALA_HELLO_H
#define CALA_HELLO_H

int hello_main(int argc, char **argv);

#endif
