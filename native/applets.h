/* The applets of the native program. Each gets its own name as argv[0], and argv[-1] is the program. */
#ifndef CALA_APPLETS_H
#define CALA_APPLETS_H

int applet_launch(int argc, char **argv);
int applet_monitor(int argc, char **argv);
int applet_network(int argc, char **argv);
int applet_attach(int argc, char **argv);
int applet_layer_apply(int argc, char **argv);
int applet_layer_sync(int argc, char **argv);
int applet_layer_assemble(int argc, char **argv);
int applet_tree_changes(int argc, char **argv);
int applet_tree_cat(int argc, char **argv);
int applet_tree_compare(int argc, char **argv);
int applet_tree_size(int argc, char **argv);
int applet_logs(int argc, char **argv);
int applet_exec(int argc, char **argv);
int applet_copy_in(int argc, char **argv);
int applet_copy_out(int argc, char **argv);
int applet_copy_stat(int argc, char **argv);
int applet_copy_tree(int argc, char **argv);
int applet_owner_tree(int argc, char **argv);
int applet_probe_overlay(int argc, char **argv);
int applet_mount_root(int argc, char **argv);
int applet_unmount_root(int argc, char **argv);
int applet_publish(int argc, char **argv);
int applet_processes(int argc, char **argv);
int applet_remove_tree(int argc, char **argv);
int applet_userns_probe(int argc, char **argv);
int applet_owners_probe(int argc, char **argv);
int applet_relabel(int argc, char **argv);
int applet_userns_exec(int argc, char **argv);
int applet_hello(int argc, char **argv);
int applet_init(int argc, char **argv);

#endif
