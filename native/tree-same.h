/* Whether two files are the same to everybody who uses them. */
#ifndef CALA_TREE_SAME_H
#define CALA_TREE_SAME_H

#include "tree-stack.h"

/* 1: owner, mode, times, attributes and content are equal; of directories only what is their own. 0: something differs; -errno. */
int tree_is_same(const struct tree_found *left, const struct tree_found *right, const char *name);

#endif
