/** What went wrong, in the user's words, with a command that mends it where one exists. */
export interface ErrorDetails {
  /** A command or a sentence that helps the user further; printed after the message. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Exit code for the command line; 125 unless the container command itself was at fault (126, 127). */
  readonly exitCode?: number;
}

/**
 * The one error class for users.
 *
 * `code` is stable and kebab-case (`image-unknown`), so that programs can match it; `message` names the action and the
 * object in quotes, then the state it met.
 */
export class CalaError extends Error {
  override readonly name: string = "CalaError";
  readonly code: string;
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.exitCode = details.exitCode ?? 125;
  }
}

/** A system call that failed: the call's name, the errno's name (`ENOENT`) and number, and the path if there was one. */
export class SysError extends CalaError {
  override readonly name = "SysError";
  readonly syscall: string;
  readonly errno: number;
  readonly path: string | undefined;

  constructor(syscall: string, errno: number, errnoName: string, path?: string) {
    const place = path === undefined ? "" : ` "${path}"`;
    super(errnoName, `${syscall}${place}: ${errnoName}`);
    this.syscall = syscall;
    this.errno = errno;
    this.path = path;
  }
}

/** Whether `error` is a Node system error (or a `SysError`) with one of the given errno names. */
export function isErrno(error: unknown, ...names: readonly string[]): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return typeof error.code === "string" && names.includes(error.code);
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Why something failed, for a sentence that names the object already: of Node's `ENOENT: no such file or directory, open 'X'` the middle. */
export function reasonOf(error: unknown): string {
  const message = messageOf(error);
  return /^E[A-Z0-9]+: (.+?), [a-z0-9_]+(?: '|$)/.exec(message)?.[1] ?? message;
}
