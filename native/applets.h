/* The applets of the native program. Each gets its own name as argv[0], and argv[-1] is the program. */
#ifndef CALA_APPLETS_H
#define CALA_APPLETS_H

/* Runs the applet that argv[1] names. Its exit code; 125 with a word on standard error when there is none of that name. */
int applet_run(int argc, char **argv);
int applet_launch(int argc, char **argv);
int applet_monitor(int argc, char **argv);
int applet_attach(int argc, char **argv);
int applet_layer_apply(int argc, char **argv);
int applet_layer_assemble(int argc, char **argv);
int applet_logs(int argc, char **argv);
int applet_exec(int argc, char **argv);
int applet_copy_tree(int argc, char **argv);
int applet_probe_overlay(int argc, char **argv);
int applet_remove_tree(int argc, char **argv);
int applet_slirp_ports(int argc, char **argv);
int applet_userns_exec(int argc, char **argv);
int applet_hello(int argc, char **argv);
int applet_init(int argc, char **argv);

#endif
