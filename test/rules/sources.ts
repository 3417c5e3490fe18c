/** The project's own files, as the rules read them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The project's directory. */
export const projectDir = process.env["CALA_SOURCE_DIR"] ?? process.cwd();

/** A file by its path in the project, with its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Files below folders of the project whose names end so, in order. */
export function filesBelow(folders: readonly string[], ...endings: readonly string[]): SourceFile[] {
  return folders
    .flatMap((folder) => walk(folder))
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .sort()
    .map((path) => ({ path, text: readText(path) }));
}

/** Text of a file of the project. */
export function readText(path: string): string {
  return readFileSync(join(projectDir, path), "utf8");
}

function walk(folder: string): string[] {
  return readdirSync(join(projectDir, folder), { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === "node_modules" || entry.name === "dist") return [];
    return entry.isDirectory() ? walk(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`];
  });
}

/** One import: the file, the path or package it names, and whether only types come in. */
export interface Import {
  readonly from: string;
  readonly to: string;
  readonly typesOnly: boolean;
}

/** Every import of the files, static and dynamic; relative ones as paths in the project, packages by name. */
export function importsOf(files: readonly SourceFile[]): Import[] {
  const pattern = /^(?:import|export)\s+(type\s)?[^;"']*?from\s+["']([^"']+)["']|^import\s+["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/gm;
  return files.flatMap((file) => [...withoutComments(file.text).matchAll(pattern)].map((match): Import => {
    const target = match[2] ?? match[3] ?? match[4] ?? "";
    return { from: file.path, to: target.startsWith(".") ? join(file.path, "..", target) : packageName(target), typesOnly: match[1] !== undefined };
  }));
}

function packageName(target: string): string {
  return target.split("/").slice(0, target.startsWith("@") ? 2 : 1).join("/");
}

/** The text with comments blanked, line by line as long as before. Strings that look like comments are blanked too. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, (comment) => comment.replace(/[^\n]/g, " "));
}

/** Throws one error that lists every complaint, less the known exceptions; an exception that is not met any more is a complaint too. */
export function complain(rule: string, complaints: readonly string[], exceptions: Readonly<Record<string, string>> = {}): void {
  const known = Object.keys(exceptions);
  const fresh = complaints.filter((complaint) => !known.some((key) => complaint.startsWith(key)));
  const stale = known.filter((key) => !complaints.some((complaint) => complaint.startsWith(key))).map((key) => `exception not needed any more: ${key}`);
  if (fresh.length + stale.length === 0) return;
  const error = new Error(`${rule}:\n      ${[...fresh, ...stale].join("\n      ")}`);
  error.stack = error.message.split("\n")[0] ?? ""; // where a rule lives says nothing about where it is broken
  throw error;
}
