/* What files are like, and to whom they are given: answered here, so that owners are those that were asked for. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "trace.h"

#define STATX_UID_OFFSET 20

/* Which file a call is about, as a path of the host. */
struct subject {
  char path[PATH_MAX];
  bool follow;
};

static int of_descriptor(struct trace_call *call, int fd, struct subject *out) {
  snprintf(out->path, sizeof out->path, fd == AT_FDCWD ? "/proc/%d/cwd" : "/proc/%d/fd/%d", (int)call->tracee->pid, fd);
  out->follow = true;
  return 0;
}

static int of_path(struct trace_call *call, int directory, uint64_t address, int flags, struct subject *out) {
  char text[PATH_MAX];
  struct trace_path path;
  if (address == 0 && (flags & AT_EMPTY_PATH)) return of_descriptor(call, directory, out);
  int result = trace_read_string(call->tracee->pid, address, text, sizeof text);
  if (result < 0) return result;
  if (!*text && (flags & AT_EMPTY_PATH)) return of_descriptor(call, directory, out);
  bool follow = !(flags & AT_SYMLINK_NOFOLLOW);
  result = trace_resolve(call, directory, text, follow, &path);
  if (result < 0) return result;
  strcpy(out->path, path.host);
  /* Everything was followed but the links of /proc that are no paths. */
  out->follow = follow && strncmp(path.host, "/proc/", 6) == 0;
  return path.read_only ? 1 : 0;
}

static int64_t arg(struct trace_call *call, int index) {
  return (int64_t)trace_argument(call->registers, index);
}

static void show_owner(struct trace_call *call, const struct subject *subject, uint64_t device, uint64_t inode, uint32_t mode, uid_t *uid, gid_t *gid) {
  if (*uid == call->trace->own_uid) trace_owner_get(subject->path, subject->follow, device, inode, mode, uid, gid);
}

static int answer_stat(struct trace_call *call, const struct subject *subject, uint64_t buffer) {
  struct stat status;
  if (syscall(SYS_newfstatat, AT_FDCWD, subject->path, &status, subject->follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0) return -errno;
  uid_t uid = status.st_uid;
  gid_t gid = status.st_gid;
  show_owner(call, subject, status.st_dev, status.st_ino, status.st_mode, &uid, &gid);
  status.st_uid = uid;
  status.st_gid = gid;
  call->answer = 0;
  return trace_write(call->tracee->pid, buffer, &status, sizeof status) < 0 ? -EFAULT : TRACE_ANSWER;
}

static int stat_path(struct trace_call *call, int directory, int path, int buffer, int flags) {
  struct subject subject;
  int result = of_path(call, directory, (uint64_t)arg(call, path), flags, &subject);
  return result < 0 ? result : answer_stat(call, &subject, (uint64_t)arg(call, buffer));
}

static int call_newfstatat(struct trace_call *call) {
  return stat_path(call, (int)arg(call, 0), 1, 2, (int)arg(call, 3));
}

static int call_fstat(struct trace_call *call) {
  struct subject subject;
  of_descriptor(call, (int)arg(call, 0), &subject);
  int result = (int)arg(call, 0) < 0 ? -EBADF : answer_stat(call, &subject, (uint64_t)arg(call, 1));
  return result == -ENOENT ? -EBADF : result;
}

static int call_statx(struct trace_call *call) {
  struct subject subject;
  unsigned char data[256];
  uint32_t ids[2], device[2];
  uint16_t mode;
  uint64_t inode;
  int flags = (int)arg(call, 2), result = of_path(call, (int)arg(call, 0), (uint64_t)arg(call, 1), flags, &subject);
  if (result < 0) return result;
  int at = (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) | (subject.follow ? 0 : AT_SYMLINK_NOFOLLOW);
  if (syscall(SYS_statx, AT_FDCWD, subject.path, at, (unsigned)arg(call, 3), data) < 0) return -errno;
  memcpy(ids, data + STATX_UID_OFFSET, sizeof ids);
  memcpy(&mode, data + 28, sizeof mode);
  memcpy(&inode, data + 32, sizeof inode);
  memcpy(device, data + 136, sizeof device);
  show_owner(call, &subject, makedev(device[0], device[1]), inode, mode, &ids[0], &ids[1]);
  memcpy(data + STATX_UID_OFFSET, ids, sizeof ids);
  call->answer = 0;
  return trace_write(call->tracee->pid, (uint64_t)arg(call, 4), data, sizeof data) < 0 ? -EFAULT : TRACE_ANSWER;
}

/* Root may give everything away; others may give what is theirs to a group of theirs (chown(2)). */
static int give(struct trace_call *call, const struct subject *subject, int64_t user, int64_t group) {
  const struct trace_ids *ids = &call->tracee->ids;
  struct stat status;
  uid_t uid = (uid_t)user;
  gid_t gid = (gid_t)group;
  if ((subject->follow ? stat(subject->path, &status) : lstat(subject->path, &status)) < 0) return -errno;
  if (status.st_uid != call->trace->own_uid) return -EPERM;
  if (ids->euid != 0) {
    uid_t owner;
    gid_t owner_group;
    trace_owner_get(subject->path, subject->follow, status.st_dev, status.st_ino, status.st_mode, &owner, &owner_group);
    bool has_group = gid == (gid_t)-1 || gid == ids->egid || gid == owner_group;
    for (int i = 0; i < ids->group_count && !has_group; i++) has_group = ids->groups[i] == gid;
    if (owner != ids->fsuid || (uid != (uid_t)-1 && uid != owner) || !has_group) return -EPERM;
  }
  call->answer = 0;
  int result = trace_owner_set(subject->path, subject->follow, uid, gid);
  return result < 0 ? result : TRACE_ANSWER;
}

static int give_path(struct trace_call *call, int directory, int path, int flags, int ids) {
  struct subject subject;
  int result = of_path(call, directory, (uint64_t)arg(call, path), flags, &subject);
  if (result == 1) return -EROFS;
  return result < 0 ? result : give(call, &subject, arg(call, ids), arg(call, ids + 1));
}

static int call_fchownat(struct trace_call *call) {
  return give_path(call, (int)arg(call, 0), 1, (int)arg(call, 4), 2);
}

static int call_fchown(struct trace_call *call) {
  struct subject subject;
  of_descriptor(call, (int)arg(call, 0), &subject);
  int result = give(call, &subject, arg(call, 1), arg(call, 2));
  return result == -ENOENT ? -EBADF : result;
}

/* Devices cannot be made; that is answered as if it had been done. FIFOs and files can. */
static int make_device(struct trace_call *call, int64_t mode) {
  call->answer = 0;
  return S_ISCHR(mode) || S_ISBLK(mode) ? TRACE_ANSWER : TRACE_PASS;
}

static int call_mknodat(struct trace_call *call) {
  return make_device(call, arg(call, 2));
}

#ifdef SYS_stat
static int call_stat(struct trace_call *call) {
  return stat_path(call, AT_FDCWD, 0, 1, 0);
}

static int call_lstat(struct trace_call *call) {
  return stat_path(call, AT_FDCWD, 0, 1, AT_SYMLINK_NOFOLLOW);
}

static int call_chown(struct trace_call *call) {
  return give_path(call, AT_FDCWD, 0, 0, 1);
}

static int call_lchown(struct trace_call *call) {
  return give_path(call, AT_FDCWD, 0, AT_SYMLINK_NOFOLLOW, 1);
}

static int call_mknod(struct trace_call *call) {
  return make_device(call, arg(call, 1));
}
#endif

trace_handler trace_file_handler(long number) {
  switch (number) {
#ifdef SYS_stat
    case SYS_stat: return call_stat;
    case SYS_lstat: return call_lstat;
    case SYS_chown: return call_chown;
    case SYS_lchown: return call_lchown;
    case SYS_mknod: return call_mknod;
#endif
    case SYS_newfstatat: return call_newfstatat;
    case SYS_fstat: return call_fstat;
    case SYS_statx: return call_statx;
    case SYS_fchownat: return call_fchownat;
    case SYS_fchown: return call_fchown;
    case SYS_mknodat: return call_mknodat;
    default: return NULL;
  }
}
