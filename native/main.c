/* One program, several applets: the first argument says which. Installed as `cala` it is the launcher of the command line. */
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "applets.h"

struct applet {
  const char *name;
  int (*run)(int argc, char **argv);
};

static const struct applet applets[] = {
  {"attach", applet_attach},
  {"copy-in", applet_copy_in},
  {"copy-out", applet_copy_out},
  {"copy-stat", applet_copy_stat},
  {"copy-tree", applet_copy_tree},
  {"exec", applet_exec},
  {"hello", applet_hello},
  {"init", applet_init},
  {"layer-apply", applet_layer_apply},
  {"layer-sync", applet_layer_sync},
  {"layer-assemble", applet_layer_assemble},
  {"logs", applet_logs},
  {"monitor", applet_monitor},
  {"network", applet_network},
  {"owner-tree", applet_owner_tree},
  {"mount-root", applet_mount_root},
  {"probe-overlay", applet_probe_overlay},
  {"processes", applet_processes},
  {"publish", applet_publish},
  {"remove-tree", applet_remove_tree},
  {"tree-changes", applet_tree_changes},
  {"tree-cat", applet_tree_cat},
  {"tree-compare", applet_tree_compare},
  {"tree-size", applet_tree_size},
  {"unmount-root", applet_unmount_root},
  {"userns-exec", applet_userns_exec},
  {"userns-probe", applet_userns_probe},
  {"owners-probe", applet_owners_probe},
  {"relabel", applet_relabel},
};

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

int main(int argc, char **argv) {
  if (argc > 0 && strcmp(base_name(argv[0]), "cala") == 0) return applet_launch(argc, argv);
  for (size_t i = 0; argc > 1 && i < sizeof applets / sizeof *applets; i++)
    if (strcmp(argv[1], applets[i].name) == 0) return applets[i].run(argc - 1, argv + 1);
  static const char usage[] = "cala-native: the first argument must be the name of an applet\n";
  (void)!write(2, usage, sizeof usage - 1);
  return 125;
}
