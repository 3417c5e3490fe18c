/* Copying whole trees with everything that files have: owners, modes, extended attributes, hard links, holes and times. */
#ifndef CALA_TREE_COPY_H
#define CALA_TREE_COPY_H

/* Copies what an image has at a place into a fresh volume or tmpfs: `to` is empty or holds the rest of an attempt that failed, and receives the attributes
 * of `from`, too. Owners that this user namespace does not have are left out, and devices, which it may not make; where there are no hard links, each name
 * is a file of its own. 0 or -errno. */
int tree_fill(int from, int to);

/* remove-tree.c: removes a file or tree below an open directory; nothing there is no error. 0 or -errno with layer_fail. */
int tree_remove_at(int parent, const char *name);

/* tree-data.c: the bytes of a file, sharing extents where the file system can, keeping holes. 0 or -errno. */
int tree_copy_data(int from, int to, unsigned long long size);

#endif
