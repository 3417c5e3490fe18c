/** The library's public face. */
export { CalaError, SysError } from "./base/error.ts";
export type { ContainerStatus } from "./container/view.ts";
export type { EngineOptions } from "./engine.ts";
export type { OnProgress, ProgressEvent } from "./image/progress.ts";
export { openCala, type Cala, type ContainerOptions, type PullOptions } from "./library/cala.ts";
export type { Container } from "./library/container.ts";
export type { ExecOptions, ExecResult } from "./library/exec.ts";
export type { OutputLine, OutputOptions } from "./library/output.ts";
export type { ContainerRequest, DeviceRequest, HealthRequest, LimitsRequest, MountRequest, NamespaceRequest, NetworkRequest, PortRequest, RestartPolicy, SecurityRequest, Ulimit } from "./spec/request.ts";
