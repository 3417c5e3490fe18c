import { checked, libcFunction, type NativeCall } from "./koffi.ts";

let call: NativeCall | undefined;
const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;

/** Two connected stream sockets, both blocking and close-on-exec. @throws SysError */
export function socketpair(): readonly [number, number] {
  call ??= libcFunction("int socketpair(int domain, int type, int protocol, void* pair)");
  const pair = Buffer.alloc(8);
  checked(call(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), "socketpair");
  return [pair.readInt32LE(0), pair.readInt32LE(4)];
}
