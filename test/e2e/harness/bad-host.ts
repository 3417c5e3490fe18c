/** Hosts that lack something: the caller in a mount namespace that root of a user namespace has prepared. */
import { run, type Finished } from "./spawn.ts";

/** Runs a shell script as the caller where `prepare`, a shell script, too, ran as root of a user namespace. */
export async function onHost(prepare: string, script: string, where: { readonly env: NodeJS.ProcessEnv; readonly cwd: string }): Promise<Finished> {
  // The inner namespace gives the caller its own id back.
  const asCaller = `unshare --user --map-user=${process.getuid?.()} --map-group=${process.getgid?.()} sh -c "$1"`;
  return await run("unshare", ["--user", "--map-root-user", "--mount", "sh", "-e", "-c", `${prepare}\n${asCaller}`, "sh", script], where);
}

/** A script that hides programs of the host: what lies over them is no program. */
export function hide(...names: readonly string[]): string {
  return `for name in ${names.join(" ")}; do for dir in /bin /sbin /usr/bin /usr/sbin /usr/local/bin; do if [ -e $dir/$name ]; then mount --bind /dev/null $dir/$name; fi; done; done`;
}
