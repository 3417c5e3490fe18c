import { checked, libcFunction } from "./koffi.ts";

const SYS_pidfd_send_signal = 424;
const SYS_pidfd_open = 434;

/** A descriptor of a process: it can never come to mean another one (Linux 5.3). Readable when the process has ended. @throws SysError */
export function pidfdOpen(pid: number): number {
  return checked(libcFunction("long syscall(long number, int pid, unsigned int flags)")(SYS_pidfd_open, pid, 0), "pidfd_open");
}

/** Sends a signal by number. @throws SysError */
export function pidfdSendSignal(fd: number, signal: number): void {
  checked(libcFunction("long syscall(long number, int fd, int signal, void* info, unsigned int flags)")(SYS_pidfd_send_signal, fd, signal, null, 0), "pidfd_send_signal");
}
