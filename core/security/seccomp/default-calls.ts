/** The system calls of cala's default profile, by subject. A call that is in no list answers ENOSYS. */

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

/** Allowed in every container. They act on the container's own processes, files and namespaces; the kernel checks the rest. */
export const allowedCalls: readonly string[] = words(`
  ${/* processes and threads */ ""}
  clone clone3 fork vfork execve execveat exit exit_group wait4 waitid waitpid kill tkill tgkill pause
  getpid getppid gettid getpgid getpgrp setpgid getsid setsid set_tid_address set_robust_list get_robust_list
  prctl ptrace process_vm_readv process_vm_writev process_mrelease pidfd_open pidfd_getfd pidfd_send_signal rseq membarrier
  unshare setns seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self restart_syscall syscall
  set_thread_area get_thread_area reboot
  ${/* who one is */ ""}
  getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getresuid getresuid32 getresgid getresgid32
  setuid setuid32 setgid setgid32 setreuid setreuid32 setregid setregid32 setresuid setresuid32 setresgid setresgid32
  setfsuid setfsuid32 setfsgid setfsgid32 getgroups getgroups32 setgroups setgroups32 capget capset keyctl
  ${/* scheduling and limits */ ""}
  sched_yield sched_getaffinity sched_setaffinity sched_getattr sched_setattr sched_getparam sched_setparam sched_getscheduler
  sched_setscheduler sched_get_priority_max sched_get_priority_min sched_rr_get_interval sched_rr_get_interval_time64
  getpriority setpriority ioprio_get ioprio_set getrlimit setrlimit ugetrlimit prlimit64 getrusage times getcpu
  ${/* signals */ ""}
  rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64
  rt_tgsigqueueinfo sigaction sigaltstack signal signalfd signalfd4 sigpending sigprocmask sigreturn sigsuspend
  ${/* memory */ ""}
  brk mmap mmap2 munmap mremap mprotect madvise mincore mlock mlock2 mlockall munlock munlockall msync mbind get_mempolicy
  set_mempolicy memfd_create memfd_secret pkey_alloc pkey_free pkey_mprotect remap_file_pages
  ${/* time */ ""}
  time gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64 clock_nanosleep clock_nanosleep_time64 nanosleep
  clock_adjtime clock_adjtime64 adjtimex alarm getitimer setitimer timer_create timer_delete timer_getoverrun timer_gettime
  timer_gettime64 timer_settime timer_settime64 timerfd timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime
  timerfd_settime64
  ${/* descriptors and waiting */ ""}
  close close_range dup dup2 dup3 fcntl fcntl64 ioctl pipe pipe2 select _newselect pselect6 pselect6_time64 poll ppoll ppoll_time64
  epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_wait epoll_wait_old epoll_pwait epoll_pwait2 eventfd eventfd2
  futex futex_time64 inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark flock
  io_setup io_destroy io_submit io_cancel io_getevents
  ${/* reading and writing */ ""}
  read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek _llseek readahead sendfile sendfile64 splice tee
  copy_file_range fsync fdatasync sync syncfs sync_file_range fallocate fadvise64 fadvise64_64 ftruncate ftruncate64 truncate
  truncate64
  ${/* files and directories */ ""}
  open openat openat2 creat name_to_handle_at access faccessat faccessat2 stat stat64 lstat lstat64 fstat fstat64 fstatat64
  newfstatat statx statfs statfs64 fstatfs fstatfs64 readlink readlinkat getcwd chdir fchdir readdir getdents getdents64
  mkdir mkdirat rmdir mknod mknodat link linkat symlink symlinkat unlink unlinkat rename renameat renameat2
  chmod fchmod fchmodat chown chown32 fchown fchown32 fchownat lchown lchown32 umask utime utimes utimensat utimensat_time64 futimesat
  getxattr lgetxattr fgetxattr setxattr lsetxattr fsetxattr listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr
  ${/* mounts: refused by the kernel unless the process is privileged in its own user namespace */ ""}
  mount umount umount2 pivot_root mount_setattr move_mount open_tree
  ${/* System V and POSIX messages */ ""}
  ipc msgctl msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget
  mq_open mq_unlink mq_notify mq_getsetattr mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64
  ${/* sockets; socket itself has conditions */ ""}
  socketcall socketpair bind listen accept accept4 connect shutdown getsockname getpeername getsockopt setsockopt
  send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64
  ${/* the machine */ ""}
  uname sysinfo syslog getrandom
`);

/**
 * The file systems' own parsers of options, which anybody reaches who makes himself a user namespace, and where CVE-2022-0185 was:
 * with CAP_SYS_ADMIN only. Without it they answer ENOSYS, so that programs take mount(2).
 */
export const mountContextCalls: readonly string[] = words("fsopen fsconfig fsmount fspick");

/** Refused with EPERM, because programs take ENOSYS for an old kernel and EPERM for a container. */
export const refusedCalls: readonly string[] = words(`
  bdflush io_pgetevents kexec_file_load kexec_load migrate_pages move_pages nfsservctl nice oldfstat oldlstat oldolduname oldstat
  olduname pciconfig_iobase pciconfig_read pciconfig_write sgetmask ssetmask swapcontext swapoff swapon sysfs uselib userfaultfd
  ustat vm86 vm86old vmsplice
`);

/** Calls that come with a capability; without it they answer EPERM. */
export const capabilityCalls: Readonly<Record<string, readonly string[]>> = {
  CAP_DAC_READ_SEARCH: words("open_by_handle_at"),
  CAP_SYS_ADMIN: words("bpf fanotify_init lookup_dcookie perf_event_open quotactl setdomainname sethostname setns"),
  CAP_SYS_CHROOT: words("chroot"),
  CAP_SYS_MODULE: words("delete_module init_module finit_module query_module"),
  CAP_SYS_PACCT: words("acct"),
  CAP_SYS_PTRACE: words("kcmp process_madvise"),
  CAP_SYS_RAWIO: words("ioperm iopl"),
  CAP_SYS_TIME: words("settimeofday stime clock_settime clock_settime64"),
  CAP_SYS_TTY_CONFIG: words("vhangup"),
};

/** Calls that only some machines have, by Go's names of machines. */
export const machineCalls: readonly { readonly arches: readonly string[]; readonly names: readonly string[] }[] = [
  { arches: ["amd64", "x32"], names: words("arch_prctl") },
  { arches: ["amd64", "x32", "x86"], names: words("modify_ldt") },
  { arches: ["arm", "arm64"], names: words("arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls") },
  { arches: ["ppc64le"], names: words("sync_file_range2") },
  { arches: ["s390", "s390x"], names: words("s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr") },
];
