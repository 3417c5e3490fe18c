/** Subordinate ids and the programs that map them; see subuid(5), newuidmap(1), user_namespaces(7). */
import type { SubordinateEntry, SubordinateRange } from "../../idmap/subordinate.ts";
import type { Check, Problem } from "../check.ts";
import type { HostFacts } from "../facts.ts";

const usualCount = 65_536;

const overlap = (left: SubordinateRange, right: SubordinateRange): boolean => left.first < right.first + right.count && right.first < left.first + left.count;
const rangeText = ({ first, count }: SubordinateRange): string => `${first}-${first + count - 1}`;

/** The first range that no entry of either file uses. */
export function freeRange(entries: readonly SubordinateEntry[]): string {
  const end = Math.max(100_000, ...entries.map(({ first, count }) => first + count));
  return `${end}-${end + usualCount - 1}`;
}

const addRange = (facts: HostFacts, kinds: readonly ("uid" | "gid")[]): string => {
  const range = freeRange([...facts.subuids, ...facts.subgids]);
  return `sudo usermod ${kinds.map((kind) => `--add-sub${kind}s ${range}`).join(" ")} ${facts.ids.name ?? facts.ids.uid}`;
};

function missingRanges({ ids, ...facts }: HostFacts): Problem | undefined {
  const kinds = (["uid", "gid"] as const).filter((kind) => (kind === "uid" ? ids.subuids : ids.subgids).length === 0);
  if (kinds.length === 0 || ids.name === undefined) return undefined;
  return { message: `"${ids.name}" has no subordinate ${kinds.length === 2 ? "ids" : `${kinds[0] === "uid" ? "user" : "group"} ids`}: containers have a single id, and images with more users work only partly`, fix: addRange({ ids, ...facts }, kinds) };
}

function overlapping(facts: HostFacts): Problem | undefined {
  const { ids } = facts;
  if (ids.name === undefined) return undefined;
  for (const [file, own, all] of [["/etc/subuid", ids.subuids, facts.subuids], ["/etc/subgid", ids.subgids, facts.subgids]] as const) {
    for (const range of own) {
      const other = all.find((entry) => entry.owner !== ids.name && entry.owner !== String(ids.uid) && overlap(entry, range));
      if (other !== undefined) return { message: `the ids ${rangeText(range)} of "${ids.name}" in ${file} are also given to "${other.owner}": each can touch the other's container files`, fix: `sudo sed -i 's/^${ids.name}:${range.first}:.*/${ids.name}:${freeRange(all).replace(/-.*/, "")}:${usualCount}/' ${file}` };
    }
  }
  return undefined;
}

/** What is wrong with newuidmap or newgidmap. */
const program = (name: "newuidmap" | "newgidmap", facts: HostFacts, trouble: (program: HostFacts["ids"]["newuidmap"]) => string | undefined, fix: (path: string) => string): Problem | undefined => {
  const found = facts.ids[name];
  const message = trouble(found);
  return message === undefined ? undefined : { message, fix: fix(found?.path ?? name) };
};

const missingProgram = (name: "newuidmap" | "newgidmap"): Check => ({
  code: `${name}-missing`, level: "warning", summary: `${name} is there`,
  examine: (facts) => program(name, facts, (found) => (found === undefined ? `"${name}" is not installed: containers have a single ${name === "newuidmap" ? "user" : "group"} id` : undefined), () => facts.ids.installCommand),
});

const powerlessProgram = (name: "newuidmap" | "newgidmap"): Check => ({
  code: `${name}-powerless`, level: "warning", summary: `${name} has its privileges`,
  examine: (facts) => program(name, facts, (found) => (found !== undefined && !found.privileged ? `"${found.path}" has neither the setuid bit nor file capabilities, so it cannot map ids: containers have a single one` : undefined), (path) => `sudo chown root: ${path} && sudo chmod u+s ${path}`),
});

/** All checks of ids. */
export const idChecks: readonly Check[] = [
  { code: "account-missing", level: "warning", summary: "this user has an account",
    examine: ({ ids }) => (ids.name === undefined ? { message: `the user id ${ids.uid} has no account, so no subordinate ids can be set aside for it`, fix: `sudo useradd --uid ${ids.uid} NAME` } : undefined) },
  { code: "subordinate-ids-missing", level: "warning", summary: "subordinate ids are set aside", examine: missingRanges },
  { code: "subordinate-ids-few", level: "warning", summary: "there are as many subordinate ids as images use",
    examine: (facts) => {
      const least = Math.min(...[facts.ids.subuids, facts.ids.subgids].map((ranges) => ranges.reduce((sum, { count }) => sum + count, 0)));
      return least === 0 || least >= usualCount - 1 ? undefined : { message: `only ${least} subordinate ids: images with files of higher ids (nobody is 65534) cannot be unpacked`, fix: addRange(facts, ["uid", "gid"]) };
    } },
  { code: "subordinate-ids-overlap", level: "warning", summary: "nobody else has the same subordinate ids", examine: overlapping },
  { code: "subordinate-ids-are-accounts", level: "warning", summary: "no account has one of the subordinate ids",
    examine: ({ ids, hostUids }) => {
      const range = ids.subuids.find((each) => hostUids.some((uid) => uid >= each.first && uid < each.first + each.count && uid !== ids.uid));
      return range === undefined ? undefined : { message: `the subordinate ids ${rangeText(range)} hold the id of an account of this host: containers could act as that account`, fix: `sudo usermod --del-subuids ${rangeText(range)} ${ids.name ?? ids.uid}, and give another range` };
    } },
  missingProgram("newuidmap"), missingProgram("newgidmap"), powerlessProgram("newuidmap"), powerlessProgram("newgidmap"),
  { code: "mapper-nosuid", level: "warning", summary: "newuidmap and newgidmap can get their privileges where they lie",
    examine: ({ nosuidMount }) => (nosuidMount === undefined ? undefined : { message: `newuidmap lies on "${nosuidMount}", which is mounted nosuid, so it cannot map ids: containers have a single id`, fix: `sudo mount -o remount,suid ${nosuidMount}` }) },
  { code: "no-new-privileges", level: "warning", summary: "this session may gain privileges",
    examine: ({ ids }) => (ids.noNewPrivileges ? { message: "this session forbids new privileges (no_new_privs), which newuidmap needs: containers have a single id", fix: "start cala outside of the sandbox or unit that sets NoNewPrivileges" } : undefined) },
];
