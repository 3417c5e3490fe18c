import { spawn } from "node:child_process";
import { CalaError, reasonOf } from "../base/error.ts";

/** What the host's ps prints with these options, of the given processes: docker's way of `top`. @throws CalaError `ps-failed`, `ps-without-pid` */
export async function hostPs(hostPids: readonly number[], options: readonly string[]): Promise<string> {
  // procps looks at these alone; another ps lists what it would, and the others are left out below.
  const lines = (await runPs([`-q${hostPids.join(",")}`, ...options]).catch(async () => await runPs(options))).split("\n");
  const [heading = ""] = lines;
  const at = heading.trim().split(/\s+/).indexOf("PID");
  if (at < 0) throw new CalaError("ps-without-pid", "ps must print the column PID, so that the container's processes can be found among the others", { hint: "add -o pid,… or use -ef" });
  const wanted = new Set(hostPids.map(String));
  return [heading, ...lines.slice(1).filter((line) => wanted.has(line.trim().split(/\s+/)[at] ?? ""))].map((line) => `${line}\n`).join("");
}

async function runPs(options: readonly string[]): Promise<string> {
  return await new Promise((resolve, reject) => {
    const child = spawn("ps", [...options], { stdio: ["ignore", "pipe", "pipe"] });
    let out = "", words = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => { out += text; });
    child.stderr.setEncoding("utf8").on("data", (text: string) => { words += text; });
    child.on("error", (error) => { reject(new CalaError("ps-failed", `the host's ps cannot be run: ${reasonOf(error)}`, { cause: error, hint: "install procps, or name columns as in: cala top NAME pid args" })); });
    child.on("close", (code) => {
      if (code === 0) resolve(out.trimEnd());
      else reject(new CalaError("ps-failed", `ps ${options.join(" ")}: ${words.trim().split("\n")[0] ?? ""}`, { hint: "cala top NAME pid user args" }));
    });
  });
}
