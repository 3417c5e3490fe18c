import { isErrno } from "../base/error.ts";
import { checked, libcFunction, type NativeCall } from "./koffi.ts";

let call: NativeCall | undefined;

/** Whether a file has an extended attribute; symbolic links are followed (getxattr(2)). @throws SysError */
export function hasXattr(path: string, name: string): boolean {
  call ??= libcFunction("long getxattr(const char *path, const char *name, void *value, size_t size)");
  try {
    return checked(call(path, name, null, 0), "getxattr", path) > 0;
  } catch (error) {
    if (isErrno(error, "ENODATA", "ENOTSUP", "EOPNOTSUPP")) return false;
    throw error;
  }
}
