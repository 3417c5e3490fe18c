#include "tree-links.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static struct tree_link *slot_of(struct tree_link *slots, size_t capacity, dev_t device, ino_t inode)
{
  size_t at = (size_t)((uint64_t)inode * 0x9e3779b97f4a7c15u >> 20) & (capacity - 1);
  while (slots[at].path != NULL && (slots[at].inode != inode || slots[at].device != device))
    at = (at + 1) & (capacity - 1);
  return &slots[at];
}

static int grow(struct tree_links *links)
{
  if (links->count * 2 < links->capacity)
    return 0;
  size_t capacity = links->capacity == 0 ? 256 : links->capacity * 2;
  struct tree_link *slots = calloc(capacity, sizeof *slots);
  if (slots == NULL)
    return -ENOMEM;
  for (size_t i = 0; i < links->capacity; i++)
    if (links->slots[i].path != NULL)
      *slot_of(slots, capacity, links->slots[i].device, links->slots[i].inode) = links->slots[i];
  free(links->slots);
  links->slots = slots;
  links->capacity = capacity;
  return 0;
}

int tree_find_link(struct tree_links *links, const struct stat *status, const char *path, const char **first)
{
  if (status->st_nlink < 2 || S_ISDIR(status->st_mode))
    return 0;
  if (grow(links) < 0)
    return -ENOMEM;
  struct tree_link *slot = slot_of(links->slots, links->capacity, status->st_dev, status->st_ino);
  if (slot->path != NULL) {
    *first = slot->path;
    return 1;
  }
  *slot = (struct tree_link){status->st_dev, status->st_ino, strdup(path)};
  links->count++;
  return slot->path == NULL ? -ENOMEM : 0;
}

void tree_forget_links(struct tree_links *links)
{
  for (size_t i = 0; i < links->capacity; i++)
    free(links->slots[i].path);
  free(links->slots);
  *links = (struct tree_links){0};
}
