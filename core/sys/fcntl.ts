import { checked, libcFunction, type NativeCall } from "./koffi.ts";

let call: NativeCall | undefined;
const F_SETFD = 2;
const FD_CLOEXEC = 1;

/** Decides whether a descriptor survives execve. Node opens everything close-on-exec. @throws SysError */
export function setInheritable(fd: number, inheritable: boolean): void {
  call ??= libcFunction("int fcntl(int fd, int command, int argument)");
  checked(call(fd, F_SETFD, inheritable ? 0 : FD_CLOEXEC), "fcntl");
}
