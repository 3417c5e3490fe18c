import { isErrno } from "../base/error.ts";
import { checked, libcFunction, type NativeCall } from "./koffi.ts";

let call: NativeCall | undefined;

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Takes an advisory lock on an open descriptor; waits unless `nonBlocking`. The kernel frees it when the last copy of the
 * descriptor is closed (flock(2)).
 * @returns false when `nonBlocking` and somebody else holds it
 * @throws SysError
 */
export function flock(fd: number, mode: "shared" | "exclusive", nonBlocking = false): boolean {
  call ??= libcFunction("int flock(int fd, int operation)");
  const operation = (mode === "shared" ? LOCK_SH : LOCK_EX) | (nonBlocking ? LOCK_NB : 0);
  try {
    for (;;) {
      try {
        checked(call(fd, operation), "flock");
        return true;
      } catch (error) {
        if (!isErrno(error, "EINTR")) throw error;
      }
    }
  } catch (error) {
    if (nonBlocking && isErrno(error, "EWOULDBLOCK", "EAGAIN")) return false;
    throw error;
  }
}
