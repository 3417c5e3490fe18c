import { checked, libcFunction } from "./koffi.ts";

/**
 * Becomes another program: this process's memory, Node included, is replaced and its pid stays. Descriptors that were made
 * inheritable stay open. Returns only by failing.
 * @throws SysError
 */
export function execve(path: string, args: readonly string[], env: Readonly<Record<string, string | undefined>>): never {
  // Node ignores SIGPIPE and execve keeps ignored signals ignored; the next program must see the default again.
  libcFunction("void* signal(int signum, void* handler)")(13, null);
  const call = libcFunction("int execve(const char* path, const char** argv, const char** envp)");
  checked(call(path, [...args, null], [...envStrings(env), null]), "execve", path);
  throw new Error("execve returned");
}

/** `KEY=value` strings of an environment object. */
export function envStrings(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]));
}
