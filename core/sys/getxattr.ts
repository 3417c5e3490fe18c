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

/** The value of an extended attribute of at most 64 bytes; undefined: the file has none. @throws SysError */
export function readXattr(path: string, name: string): Buffer | undefined {
  if (!hasXattr(path, name)) return undefined;
  call ??= libcFunction("long getxattr(const char *path, const char *name, void *value, size_t size)");
  const value = Buffer.alloc(64);
  return value.subarray(0, Number(checked(call(path, name, value, value.length), "getxattr", path)));
}
