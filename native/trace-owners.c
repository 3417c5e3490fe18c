/* Owners that files cannot really have. The attribute is the one that unpacking leaves (layer-attributes.c), so an image's owners are seen,
 * too, and what is noted stays with the file. What can have no attribute (links, sockets, some file systems) is remembered while the
 * supervisor lives. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "trace.h"

#define OWNER_ATTRIBUTE "user.cala.owner"
#define BUCKETS 256

struct note {
  struct note *next;
  uint64_t device, inode;
  uid_t uid;
  gid_t gid;
};

static struct note *notes[BUCKETS];

static struct note **note_of(uint64_t device, uint64_t inode) {
  struct note **at = &notes[(inode ^ device) % BUCKETS];
  while (*at && ((*at)->inode != inode || (*at)->device != device)) at = &(*at)->next;
  return at;
}

static void forget(uint64_t device, uint64_t inode) {
  struct note **at = note_of(device, inode), *note = *at;
  if (!note) return;
  *at = note->next;
  free(note);
}

static int remember(uint64_t device, uint64_t inode, uid_t uid, gid_t gid) {
  struct note **at = note_of(device, inode);
  if (!*at) *at = calloc(1, sizeof **at);
  if (!*at) return -ENOMEM;
  **at = (struct note){(*at)->next, device, inode, uid, gid};
  return 0;
}

void trace_owner_get(const char *path, bool follow, uint64_t device, uint64_t inode, uint32_t mode, uid_t *uid, gid_t *gid) {
  char text[48];
  *uid = *gid = 0;
  if (S_ISREG(mode) || S_ISDIR(mode)) {
    ssize_t length = follow ? getxattr(path, OWNER_ATTRIBUTE, text, sizeof text - 1) : lgetxattr(path, OWNER_ATTRIBUTE, text, sizeof text - 1);
    unsigned user, group;
    if (length > 0) {
      text[length] = 0;
      if (sscanf(text, "%u:%u", &user, &group) == 2) *uid = user, *gid = group;
      return;
    }
  }
  const struct note *note = *note_of(device, inode);
  if (note) *uid = note->uid, *gid = note->gid;
}

int trace_owner_set(const char *path, bool follow, uid_t uid, gid_t gid) {
  struct stat status;
  char text[48];
  uid_t old_uid;
  gid_t old_gid;
  if ((follow ? stat(path, &status) : lstat(path, &status)) < 0) return -errno;
  trace_owner_get(path, follow, status.st_dev, status.st_ino, status.st_mode, &old_uid, &old_gid);
  if (uid == (uid_t)-1) uid = old_uid;
  if (gid == (gid_t)-1) gid = old_gid;
  if (uid == old_uid && gid == old_gid) return 0;
  int length = snprintf(text, sizeof text, "%u:%u", (unsigned)uid, (unsigned)gid);
  bool can = S_ISREG(status.st_mode) || S_ISDIR(status.st_mode);
  if (can && (follow ? setxattr(path, OWNER_ATTRIBUTE, text, (size_t)length, 0) : lsetxattr(path, OWNER_ATTRIBUTE, text, (size_t)length, 0)) == 0) {
    forget(status.st_dev, status.st_ino);
    return 0;
  }
  return can && errno == EROFS ? -EROFS : remember(status.st_dev, status.st_ino, uid, gid);
}
