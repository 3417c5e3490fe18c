import { calaVersion } from "../../core/info/version.ts";
import { globalOptions } from "../globals.ts";
import { membersOf } from "../find-command.ts";
import type { Option, OptionRecord } from "../option.ts";
import type { DescribedCommand, DescribedTree } from "./describe.ts";
import { optionNotes, usageLine, visibleOptions } from "./help.ts";

/** `cala-image-tag.1`: the page of a command by its words. */
export function manualName(words: string): string {
  return `${["cala", ...words.split(" ").filter((word) => word !== "")].join("-")}.1`;
}

/** Every page by file name: one per command, one per alias that points to it, one per group and the program's own. */
export function manualPages(described: DescribedTree): Map<string, string> {
  const pages = new Map<string, string>();
  pages.set(manualName(""), groupPage("", "run and manage containers as an ordinary user, without a daemon", described));
  for (const group of described.tree.groups) {
    if (membersOf(group.words.split(" "), described.tree).length > 0) pages.set(manualName(group.words), groupPage(group.words, group.summary, described));
  }
  for (const each of described.commands) {
    pages.set(manualName(each.entry.words), commandPage(each));
    for (const alias of each.entry.aliases) pages.set(manualName(alias), `.so man1/${manualName(each.entry.words)}\n`);
  }
  return pages;
}

function commandPage({ entry, command }: DescribedCommand): string {
  const program = `cala ${entry.words}`;
  const args = Object.values(command.arguments).filter((each) => each.description !== undefined);
  return page(manualName(entry.words), [
    [".SH NAME", `${roff(manualName(entry.words).slice(0, -2))} \\- ${roff(lowerFirst(entry.summary))}`],
    [".SH SYNOPSIS", `\\fB${roff(program)}\\fP${roff(usageLine(program, command).slice(program.length))}`],
    ...entry.aliases.map((alias) => [".PP", `\\fBcala ${roff(alias)}\\fP${roff(usageLine(program, command).slice(program.length))}`]),
    [".SH DESCRIPTION", ...paragraphs(command.description)],
    args.length === 0 ? [] : [".SH ARGUMENTS", ...args.flatMap((each) => [".TP", `\\fI${roff(each.usage)}\\fP`, ...paragraphs(each.description ?? "")])],
    optionSection("OPTIONS", command.options),
    command.examples.length === 0 ? [] : [".SH EXAMPLES", ...command.examples.flatMap((example) => [".PP", ".EX", roff(example), ".EE"])],
    [".SH SEE ALSO", ".BR cala (1)"],
  ]);
}

function groupPage(words: string, summary: string, { tree }: DescribedTree): string {
  const members = membersOf(words === "" ? [] : words.split(" "), tree);
  return page(manualName(words), [
    [".SH NAME", `${roff(manualName(words).slice(0, -2))} \\- ${roff(lowerFirst(summary))}`],
    [".SH SYNOPSIS", `\\fB${roff(`cala ${words}`.trim())}\\fP ${words === "" ? "[options] " : ""}\\fICOMMAND\\fP`],
    [".SH COMMANDS", ...members.flatMap((member) => [".TP", `\\fB${roff(member.name)}\\fP`, line(`${member.summary}.`)])],
    words === "" ? optionSection("OPTIONS", globalOptions) : [],
    ...(words === "" ? [[".SH EXIT STATUS", ...exitStatus], [".SH ENVIRONMENT", ...terms(variables)], [".SH FILES", ...terms(places)]] : []),
    [".SH SEE ALSO", members.map((member) => `.BR ${roff(manualName(`${words} ${member.name}`.trim()).slice(0, -2))} (1)`).join("\n")],
  ]);
}

const exitStatus = [
  ".TP", "\\fB125\\fP", "cala itself failed.", ".TP", "\\fB126\\fP", "The container's command cannot be run.",
  ".TP", "\\fB127\\fP", "The container's command does not exist.", ".TP", "\\fBany other\\fP", "The exit code of the container's command.",
];

/** What cala reads from its environment. */
const variables: readonly (readonly [string, string])[] = [
  ["CALA_ROOT", "The same as --root."],
  ["CALA_RUNROOT", "The same as --runroot."],
  ["CALA_STORAGE_DRIVER", "The same as --storage-driver."],
  ["CALA_DEBUG", "With any value but 0, errors show where they come from."],
  ["CALA_NODE", "The Node that runs cala, instead of the one it was built with or the first on PATH that is new enough."],
  ["CALA_NODE_FLAGS", "Words for that Node's own command line. NODE_OPTIONS has no effect on cala."],
  ["REGISTRY_AUTH_FILE, DOCKER_CONFIG, CONTAINERS_REGISTRIES_CONF", "Other places for credentials and for registries.conf, as with podman and docker."],
];

/** Where cala keeps things, and the field's own files that it reads. */
const places: readonly (readonly [string, string])[] = [
  ["$XDG_DATA_HOME/cala (~/.local/share/cala)", "Images, layers, containers, volumes."],
  ["$XDG_STATE_HOME/cala (~/.local/state/cala)", "What the user was told of this host since it booted."],
  ["$XDG_CACHE_HOME/cala (~/.cache/cala)", "Compiled system call filters, unfinished downloads, what was found out about this host. May be removed at any time."],
  ["$XDG_RUNTIME_DIR/cala", "The list of processes in the user namespace that containers share. Where the variable is not set, the directory run beside the data."],
  ["/etc/containers, ~/.config/containers", "registries.conf, policy.json and certs.d, as podman has them."],
  ["$XDG_RUNTIME_DIR/containers/auth.json, ~/.config/containers/auth.json, ~/.docker/config.json", "Credentials for registries."],
];

function terms(list: readonly (readonly [string, string])[]): string[] {
  return list.flatMap(([term, text]) => [".TP", `\\fB${roff(term)}\\fP`, line(text)]);
}

function page(name: string, sections: readonly (readonly string[])[]): string {
  const title = `.TH ${name.slice(0, -2).toUpperCase().replaceAll("-", "\\-")} 1 "" "cala ${calaVersion}" "User Commands"`;
  return `${[".\\\" Generated from the commands' own records; do not edit.", title, ...sections.flat()].join("\n")}\n`;
}

function optionSection(title: string, options: OptionRecord): string[] {
  const visible = visibleOptions(options);
  return visible.length === 0 ? [] : [`.SH ${title}`, ...visible.flatMap((option) => [".TP", optionHead(option), line(`${option.description.replace(/\.$/, "")}. ${optionNotes(option)}`.trim()), ...(option.details === undefined ? [] : [".IP", ...paragraphs(option.details)])])];
}

function optionHead(option: Option<unknown>): string {
  const short = option.short === undefined ? "" : `\\fB\\-${option.short}\\fP, `;
  const binding = option.placeholder === "" ? "" : option.bare === undefined ? `=\\fI${roff(option.placeholder)}\\fP` : `[=\\fI${roff(option.placeholder)}\\fP]`;
  return `${short}\\fB${roff(`--${option.names[0]}`)}\\fP${binding}`;
}

function paragraphs(text: string): string[] {
  return text.trim().split(/\n\s*\n/).flatMap((paragraph, index) => [...(index === 0 ? [] : [".PP"]), line(paragraph.replace(/\s+/g, " ").trim())]);
}

/** A line of text: nothing at its beginning may look like a request. */
function line(text: string): string {
  // A list of choices that fills a line has blanks, where it may be broken.
  const escaped = roff(text).replace(/\S{60,}/g, (word) => word.replaceAll("|", " | "));
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);

const roffNames: Readonly<Record<string, string>> = { "\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti" };

function roff(text: string): string {
  return text.replace(/[\\\-'`^~]/g, (letter) => roffNames[letter] ?? letter).replace(/[^\x00-\x7f]/gu, (letter) => `\\[u${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`);
}
