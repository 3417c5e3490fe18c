/** An object whose fields can be reached by their JSON name and by Go's: podman's templates say `.Host.Arch` for `host.arch`. */
export function withGoNames(document: unknown): unknown {
  if (Array.isArray(document)) return document.map(withGoNames);
  if (document === null || typeof document !== "object") return document;
  const named: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(document)) {
    const inner = withGoNames(value);
    named[key] = inner;
    const goName = goNames[key] ?? `${key.charAt(0).toUpperCase()}${key.slice(1)}`;
    // Not enumerable: `json` and `range` see each field once.
    Object.defineProperty(named, goName, { value: inner, enumerable: false });
  }
  return named;
}

/** Go spells initialisms in capitals. */
const goNames: Readonly<Record<string, string>> = {
  ociRuntime: "OCIRuntime", idMappings: "IDMappings", uidmap: "UIDMap", gidmap: "GIDMap", cpus: "CPUs", os: "OS", apparmorEnabled: "AppArmorEnabled",
  seccompEnabled: "SECCOMPEnabled", seccompProfilePath: "SECCOMPProfilePath", selinuxEnabled: "SELinuxEnabled", cgroupVersion: "CgroupsVersion",
  capabilities: "DefaultCapabilities",
};
