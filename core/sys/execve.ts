import { isErrno } from "../base/error.ts";
import { setInheritable } from "./fcntl.ts";
import { checked, libcFunction } from "./koffi.ts";

/**
 * Becomes another program: this process's memory, Node included, is replaced and its pid stays. Descriptors that were made
 * inheritable stay open. Returns only by failing.
 * @throws SysError
 */
export function execve(path: string, args: readonly string[], env: Readonly<Record<string, string | undefined>>): never {
  // For Node this is the end like any other: what it still has to tidy or to keep is done now.
  process.emit("exit", 0);
  // Node ignores SIGPIPE and execve keeps ignored signals ignored; the next program must see the default again.
  libcFunction("void* signal(int signum, void* handler)")(13, null);
  keepStandardStreams();
  const call = libcFunction("int execve(const char* path, const char** argv, const char** envp)");
  checked(call(path, [...args, null], [...envStrings(env), null]), "execve", path);
  throw new Error("execve returned");
}

/** Node marks every descriptor that it inherits close-on-exec, the standard streams among them. */
function keepStandardStreams(): void {
  for (const fd of [0, 1, 2]) {
    try {
      setInheritable(fd, true);
    } catch (error) {
      if (!isErrno(error, "EBADF")) throw error; // closed by whoever started us: stays so
    }
  }
}

/** `KEY=value` strings of an environment object. */
export function envStrings(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]));
}
