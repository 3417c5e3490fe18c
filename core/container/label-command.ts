/** The command that a label of an image holds (`container runlabel`). */
import { CalaError } from "../base/error.ts";

/** What the words of a label may name. */
export interface LabelSubject {
  /** Full name of the image. */
  readonly image: string;
  /** Name of the container to be. */
  readonly name: string;
  /** Words behind the image's name on the command line. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Options of the program itself, for `$GLOBAL_OPTS`. */
  readonly globals: readonly string[];
}

/** Names under which labels call the engine. */
const engines: readonly string[] = ["podman", "docker", "cala", "/usr/bin/podman", "/usr/bin/docker"];

/**
 * The words of a label: IMAGE and NAME stand for what they name, alone or as `NAME=NAME`, and so do variables, among them `$OPT1` to
 * `$OPT3`, `$PWD` and `$GLOBAL_OPTS`; words of the command line come last. `cala` stands for the engine, whatever the label calls it.
 * Source: podman-container-runlabel(1). @throws CalaError `label-invalid`
 */
export function labelCommand(label: string, subject: LabelSubject): string[] {
  const [program, ...words] = splitWords(label);
  if (program === undefined) throw new CalaError("label-invalid", "the label holds no command");
  const { image, name } = subject;
  const known: Readonly<Record<string, readonly string[]>> = {
    IMAGE: [image], "IMAGE=IMAGE": [`IMAGE=${image}`], NAME: [name], "NAME=NAME": [`NAME=${name}`], $GLOBAL_OPTS: subject.globals,
  };
  const variables = labelEnvironment(subject);
  const expand = (word: string): string => word.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced: string | undefined, bare: string | undefined) => variables[braced ?? bare ?? ""] ?? "");
  const own = words.flatMap((word) => known[word] ?? [expand(word)]);
  return [engines.includes(program) ? "cala" : expand(program), ...own, ...subject.args];
}

/** The variables that a label's command sees. */
export function labelEnvironment({ image, name, args, env }: LabelSubject): Record<string, string | undefined> {
  const numbered = Object.fromEntries([0, 1, 2].map((index) => [`OPT${index + 1}`, env[`OPT${index + 1}`] ?? args[index] ?? ""]));
  return { ...env, PWD: env["PWD"] ?? process.cwd(), ...numbered, IMAGE: image, NAME: name };
}

/** The name for a container where none is given: the last part of the image's, without tag and digest. */
export function containerNameOf(image: string): string {
  return (image.split("/").at(-1) ?? image).replace(/[:@].*$/, "");
}

/** Words as a shell splits them: blanks, quotes, backslashes. @throws CalaError `label-invalid` */
function splitWords(text: string): string[] {
  const pattern = /\s+|"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)|([^\s"'\\]+)/gsy;
  const words: string[] = [];
  let word: string | undefined;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) throw new CalaError("label-invalid", "the label's command has a quote that is not closed");
    const piece = match[1]?.replace(/\\(["\\$`])/g, "$1") ?? match[2] ?? match[3] ?? match[4];
    if (piece !== undefined) word = (word ?? "") + piece;
    else if (word !== undefined) words.push(word);
    if (piece === undefined) word = undefined;
  }
  return word === undefined ? words : [...words, word];
}
