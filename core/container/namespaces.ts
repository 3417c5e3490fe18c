import { CalaError } from "../base/error.ts";
import type { Engine } from "../engine.ts";
import { readJsonIfThere } from "../fs/read-json.ts";
import type { LaunchFacts } from "./launch.ts";
import type { NamespaceChoice, NamespaceLaunch } from "../plan/launch-details.ts";
import type { NamespaceRequest } from "../spec/request.ts";
import { wrongState } from "./errors.ts";
import { containerDir, containerFiles } from "../dirs/paths.ts";
import type { JoinableContainer } from "../network/modes/mode.ts";
import { findContainer } from "./store.ts";
import { viewOf } from "./view.ts";

type Kind = Exclude<keyof NamespaceRequest, "idMaps">;

/** Words that mean a namespace of the container's own. */
const ownWords: Readonly<Record<Kind, readonly string[]>> = {
  pid: ["", "private"], ipc: ["", "private", "shareable", "none"], uts: ["", "private"], cgroup: ["", "private"], user: ["", "private"],
};

/** A running container whose namespaces can be joined. @throws CalaError `container-unknown`, `container-state-improper` */
export function joinableContainer(engine: Engine, nameOrId: string): JoinableContainer {
  const record = findContainer(engine.dirs, nameOrId);
  const view = viewOf(engine.dirs, record);
  if (view.status !== "running" || view.state === undefined) throw wrongState(view, "join the namespaces of", { hint: `cala start ${record.name}` });
  return { id: record.id, pid: view.state.pid, pidStart: view.state.pidStart, etcDir: containerFiles.etc(containerDir(engine.dirs, record.id)) };
}

/** Where each namespace comes from. @throws CalaError `namespace-invalid` and those of `container:NAME` */
export function chooseNamespaces(engine: Engine, request: NamespaceRequest): Omit<NamespaceLaunch, "network"> {
  const choose = (kind: Kind): NamespaceChoice => chooseOne(engine, kind, request[kind]);
  return { pid: choose("pid"), ipc: choose("ipc"), uts: choose("uts"), cgroup: choose("cgroup"), user: choose("user") };
}

function chooseOne(engine: Engine, kind: Kind, text: string): NamespaceChoice {
  if (ownWords[kind].includes(text) || (kind === "user" && /^(keep-id|auto)(:|$)|^nomap$/.test(text))) return "new";
  if (text === "host") return "host";
  const at = text.indexOf(":");
  const value = text.slice(at + 1);
  if (text.startsWith("container:") && value !== "") {
    if (kind === "user" && livesInOuter(engine, value)) return "host";
    const { pid, pidStart } = joinableContainer(engine, value);
    return { pid, start: pidStart };
  }
  if (text.startsWith("ns:") && value.startsWith("/")) return { path: value };
  throw new CalaError("namespace-invalid", `"${text}" is not a ${kind} namespace mode that cala knows`, { hint: `use one of ${ownWords[kind].filter((word) => word !== "").join(", ")}, host, container:NAME or ns:PATH` });
}

/** A container without a user namespace of its own. */
function livesInOuter(engine: Engine, name: string): boolean {
  const facts = readJsonIfThere<Pick<LaunchFacts, "namespaces">>(containerFiles.launch(containerDir(engine.dirs, findContainer(engine.dirs, name).id)));
  return facts?.namespaces.user === "host";
}
