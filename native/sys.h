/* System calls that a libc may not know yet, and their constants. Kernel headers are not needed: they clash with libc's
 * (sys/mount.h), and some distributions install none. Every function returns >= 0 or -errno. */
#ifndef CALA_SYS_H
#define CALA_SYS_H

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* Numbers from 424 on are the same on all architectures (x86_64 and arm64 among them). */
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#define CALA_SYS_open_tree 428
#define CALA_SYS_move_mount 429
#define CALA_SYS_fsopen 430
#define CALA_SYS_fsconfig 431
#define CALA_SYS_fsmount 432
#define CALA_SYS_pidfd_open 434
#define CALA_SYS_clone3 435
#define CALA_SYS_close_range 436
#define CALA_SYS_openat2 437
#define CALA_SYS_mount_setattr 442

#define NS_MOUNT 0x00020000u
#define NS_CGROUP 0x02000000u
#define NS_UTS 0x04000000u
#define NS_IPC 0x08000000u
#define NS_USER 0x10000000u
#define NS_PID 0x20000000u
#define NS_NETWORK 0x40000000u
#define CLONE_FLAG_PARENT 0x00008000u

#define RESOLVE_FLAG_NO_XDEV 0x01u
#define RESOLVE_FLAG_NO_MAGICLINKS 0x02u
#define RESOLVE_FLAG_NO_SYMLINKS 0x04u
#define RESOLVE_FLAG_BENEATH 0x08u
#define RESOLVE_FLAG_IN_ROOT 0x10u

#define ATTR_RDONLY 0x00000001u
#define ATTR_NOSUID 0x00000002u
#define ATTR_NODEV 0x00000004u
#define ATTR_NOEXEC 0x00000008u
#define ATTR_ATIME_MASK 0x00000070u
#define ATTR_NODIRATIME 0x00000080u
#define ATTR_IDMAP 0x00100000u

#define OPEN_TREE_FLAG_CLONE 1u
#define OPEN_TREE_FLAG_CLOEXEC 02000000u
#define AT_FLAG_EMPTY_PATH 0x1000u
#define AT_FLAG_RECURSIVE 0x8000u
#define MOVE_FLAG_FROM_EMPTY 0x04u
#define MOVE_FLAG_TO_EMPTY 0x40u

#define FSCONFIG_FLAG 0u
#define FSCONFIG_STRING 1u
#define FSCONFIG_CREATE 6u

#define MOUNT_RDONLY 1ul
#define MOUNT_REMOUNT 32ul
#define MOUNT_BIND 4096ul
#define MOUNT_MOVE 8192ul
#define MOUNT_REC 16384ul
#define MOUNT_PRIVATE (1ul << 18)
#define MOUNT_SLAVE (1ul << 19)
#define UMOUNT_DETACH 2

struct sys_mount_attr {
  uint64_t set;
  uint64_t clear;
  uint64_t propagation;
  uint64_t userns_fd;
};

struct sys_open_how {
  uint64_t flags;
  uint64_t mode;
  uint64_t resolve;
};

static inline long sys_result(long value) {
  return value < 0 ? -errno : value;
}

static inline int sys_open_tree(int dir, const char *path, unsigned flags) {
  return (int)sys_result(syscall(CALA_SYS_open_tree, dir, path, flags));
}

static inline int sys_move_mount(int from, int to) {
  return (int)sys_result(syscall(CALA_SYS_move_mount, from, "", to, "", MOVE_FLAG_FROM_EMPTY | MOVE_FLAG_TO_EMPTY));
}

static inline int sys_fsopen(const char *type) {
  return (int)sys_result(syscall(CALA_SYS_fsopen, type, 1u));
}

static inline int sys_fsconfig(int fs, unsigned command, const char *key, const char *value) {
  return (int)sys_result(syscall(CALA_SYS_fsconfig, fs, command, key, value, 0));
}

static inline int sys_fsmount(int fs, unsigned attributes) {
  return (int)sys_result(syscall(CALA_SYS_fsmount, fs, 1u, attributes));
}

static inline int sys_mount_setattr(int dir, unsigned flags, struct sys_mount_attr *attr) {
  return (int)sys_result(syscall(CALA_SYS_mount_setattr, dir, "", AT_FLAG_EMPTY_PATH | flags, attr, sizeof *attr));
}

static inline int sys_mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data) {
  return (int)sys_result(syscall(SYS_mount, source, target, type, flags, data));
}

static inline int sys_umount(const char *target, int flags) {
  return (int)sys_result(syscall(SYS_umount2, target, flags));
}

static inline int sys_pivot_root(const char *new_root, const char *put_old) {
  return (int)sys_result(syscall(SYS_pivot_root, new_root, put_old));
}

static inline int sys_pidfd_open(pid_t pid) {
  return (int)sys_result(syscall(CALA_SYS_pidfd_open, pid, 0));
}

static inline int sys_setns(int fd, unsigned types) {
  return (int)sys_result(syscall(SYS_setns, fd, types));
}

static inline int sys_unshare(unsigned flags) {
  return (int)sys_result(syscall(SYS_unshare, flags));
}

/* What statx(2) tells beyond stat: musl before 1.2.5 has neither the call nor its structure. */
struct sys_statx {
  uint32_t mask, block_bytes;
  uint64_t attributes;
  uint32_t links, uid, gid;
  uint16_t mode, unused;
  uint64_t inode, size, blocks, attributes_mask;
  unsigned char times_and_more[192];
};
_Static_assert(sizeof(struct sys_statx) == 256, "the kernel writes 256 bytes");
#define STATX_FLAG_MOUNT_ROOT 0x2000u

static inline int sys_statx(int fd, struct sys_statx *out) {
  return (int)sys_result(syscall(SYS_statx, fd, "", AT_FLAG_EMPTY_PATH, 2u, out));
}

/* Marks or closes all descriptors from `first` on; `mark` 4: CLOSE_RANGE_CLOEXEC (kernel 5.11). */
static inline int sys_close_range(unsigned first, unsigned last, unsigned mark) {
  return (int)sys_result(syscall(CALA_SYS_close_range, first, last, mark));
}

/* A fork with namespaces; returns the pid, 0 in the child. EAGAIN means what it means for fork. */
pid_t sys_clone(uint64_t flags);

/* openat2 that repeats when a rename elsewhere made the kernel give up. */
int sys_openat2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);

#endif
