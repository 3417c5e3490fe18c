import { isErrno } from "../base/error.ts";
import { checked, libcFunction, type NativeCall } from "./koffi.ts";

let call: NativeCall | undefined;

/**
 * Waits until a child has ended and reaps it.
 * @returns its exit code, or 128 + signal
 * @throws SysError
 */
export function waitpid(pid: number): number {
  call ??= libcFunction("int waitpid(int pid, void* status, int options)");
  const status = Buffer.alloc(4);
  for (;;) {
    try {
      checked(call(pid, status, 0), "waitpid");
      const word = status.readInt32LE(0);
      const signal = word & 0x7f;
      return signal === 0 ? (word >> 8) & 0xff : 128 + signal;
    } catch (error) {
      if (!isErrno(error, "EINTR")) throw error;
    }
  }
}
