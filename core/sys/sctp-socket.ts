import { closeSync } from "node:fs";
import { checked, libcFunction, type NativeCall } from "./koffi.ts";

interface Calls {
  readonly socket: NativeCall;
  readonly bind: NativeCall;
  readonly getsockname: NativeCall;
}

let calls: Calls | undefined;
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const IPPROTO_SCTP = 132;

/**
 * A socket of SCTP, of which Node knows nothing, bound to an address of 4 or 16 bytes; port 0 is the kernel's choice. The kernel loads the
 * protocol when somebody asks for it first, if it may (sctp(7)).
 * @throws SysError EPROTONOSUPPORT where there is none
 */
export function bindSctp(address: Uint8Array, port: number): { readonly fd: number; readonly port: number } {
  calls ??= {
    socket: libcFunction("int socket(int domain, int type, int protocol)"),
    bind: libcFunction("int bind(int fd, const void* address, unsigned int length)"),
    getsockname: libcFunction("int getsockname(int fd, void* address, void* length)"),
  };
  const isSix = address.length === 16;
  // struct sockaddr_in, or sockaddr_in6 with a word of flow information before the address.
  const name = Buffer.alloc(isSix ? 28 : 16);
  name.writeUInt16LE(isSix ? AF_INET6 : AF_INET, 0);
  name.writeUInt16BE(port, 2);
  name.set(address, isSix ? 8 : 4);
  const fd = checked(calls.socket(isSix ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_SCTP), "socket");
  try {
    checked(calls.bind(fd, name, name.length), "bind");
    const length = Buffer.alloc(4);
    length.writeUInt32LE(name.length);
    checked(calls.getsockname(fd, name, length), "getsockname");
    return { fd, port: name.readUInt16BE(2) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
