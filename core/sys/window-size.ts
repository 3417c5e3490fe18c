import { libcFunction, type NativeCall } from "./koffi.ts";

let call: NativeCall | undefined;
const TIOCGWINSZ = 0x5413;

/** Rows and columns of the caller's terminal: of the first of standard input, output and error that is one; undefined without any. */
export function windowSize(): { readonly rows: number; readonly columns: number } | undefined {
  call ??= libcFunction("int ioctl(int fd, unsigned long request, _Out_ uint8_t *size)");
  const size = Buffer.alloc(8);
  for (const fd of [0, 1, 2]) {
    if (call(fd, TIOCGWINSZ, size) !== 0) continue;
    const rows = size.readUInt16LE(0);
    const columns = size.readUInt16LE(2);
    return rows > 0 && columns > 0 ? { rows, columns } : undefined;
  }
  return undefined;
}
