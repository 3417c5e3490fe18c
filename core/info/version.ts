import packageJson from "../../package.json" with { type: "json" };

/** cala's own version (semver), from package.json. */
export const calaVersion: string = packageJson.version;

/** Docker API version that the documents follow. */
const apiVersion = "1.41";

const goArchitectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64", arm: "arm", ia32: "386", ppc64: "ppc64le", s390x: "s390x", riscv64: "riscv64", loong64: "loong64" };

/** The machine's architecture by its OCI name: `amd64`, `arm64`, … */
export function ociArchitecture(architecture: string = process.arch): string {
  return goArchitectures[architecture] ?? architecture;
}

/** `version`'s document in podman's shape (podman-version(1)). `GoVersion` says what really runs it. */
export function versionDocument(): Readonly<Record<string, unknown>> {
  const os = "linux";
  return { APIVersion: apiVersion, Version: calaVersion, GoVersion: `node ${process.version}`, GitCommit: "", BuiltTime: "", Built: 0, OsArch: `${os}/${ociArchitecture()}`, Os: os };
}
