import { checked, libcFunction } from "./koffi.ts";

/**
 * Makes `target` another name of an open descriptor, inheritable. Whatever was there is closed, Node's own descriptors included:
 * only for the moment before `execve`.
 * @throws SysError
 */
export function dup2(fd: number, target: number): void {
  checked(libcFunction("int dup2(int fd, int target)")(fd, target), "dup2");
}
