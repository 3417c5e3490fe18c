/** The library's public face. */
export { CalaError, SysError } from "./base/error.ts";
