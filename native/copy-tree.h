/* Copies what an image has at a place into a fresh volume or tmpfs. */
#ifndef CALA_COPY_TREE_H
#define CALA_COPY_TREE_H

/* Copies the content of directory `from` into directory `to`, which is empty or holds the rest of an attempt that failed, with owners, modes, times and extended attributes;
 * `to` itself receives those of `from`. Device nodes are left out: a user namespace may not make them. */
int copy_tree(int from, int to);

/* 1, 0, or -errno. */
int directory_is_empty(int fd);

#endif
