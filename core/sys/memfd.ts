import { closeSync, writeSync } from "node:fs";
import { checked, libcFunction } from "./koffi.ts";

const MFD_CLOEXEC = 1;

/** A file in memory that holds `bytes`; its offset is 0. Close-on-exec. @throws SysError */
export function memfdOf(name: string, bytes: Uint8Array): number {
  const fd = checked(libcFunction("int memfd_create(const char* name, unsigned int flags)")(name, MFD_CLOEXEC), "memfd_create");
  try {
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(fd, bytes, offset, bytes.length - offset, offset);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
