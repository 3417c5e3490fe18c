/** passwd(5) and group(5), as text. Pure. */

/** A user and its primary group. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

interface Line {
  readonly name: string;
  readonly id: number;
  readonly fields: readonly string[];
}

function linesOf(text: string): Line[] {
  return text.split("\n").flatMap((line): Line[] => {
    const fields = line.split(":");
    return fields.length >= 4 && /^\d+$/.test(fields[2] ?? "") ? [{ name: fields[0] ?? "", id: Number(fields[2]), fields }] : [];
  });
}

/** The ids that `user[:group]`, names or numbers, means with these files; undefined where a name is unknown. The native program finds the same. */
export function findAccount(user: string, passwd: string, group: string): Account | undefined {
  const [name = "", groupName = ""] = user.split(":");
  const wanted = name === "" ? "0" : name;
  const line = linesOf(passwd).find((each) => each.name === name || (isNumber(wanted) && each.id === Number(wanted)));
  if (line === undefined && !isNumber(wanted)) return undefined;
  const uid = line?.id ?? Number(wanted);
  if (groupName === "") return { uid, gid: Number(line?.fields[3] ?? 0) };
  const found = linesOf(group).find((each) => each.name === groupName)?.id ?? (isNumber(groupName) ? Number(groupName) : undefined);
  return found === undefined ? undefined : { uid, gid: found };
}

/** One more than the largest id in such a file, but for those that mean nobody. */
export function idsNeeded(...files: readonly string[]): number {
  const nobody = 65534;
  return Math.max(0, ...files.flatMap((text) => linesOf(text).map(({ id }) => id).filter((id) => id < nobody))) + 1;
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text);
}
