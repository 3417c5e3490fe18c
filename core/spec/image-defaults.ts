import type { Healthcheck } from "../oci/image-types.ts";

/** What an image says of containers made from it: the `config` object of an OCI image configuration (image-spec config.md). */
export interface ImageDefaults {
  readonly User?: string | undefined;
  readonly Env?: readonly string[] | null | undefined;
  readonly Entrypoint?: readonly string[] | null | undefined;
  readonly Cmd?: readonly string[] | null | undefined;
  readonly WorkingDir?: string | undefined;
  readonly StopSignal?: string | undefined;
  readonly Volumes?: Readonly<Record<string, unknown>> | null | undefined;
  readonly ExposedPorts?: Readonly<Record<string, unknown>> | null | undefined;
  readonly Labels?: Readonly<Record<string, string>> | null | undefined;
  readonly Healthcheck?: Healthcheck | null | undefined;
  readonly Shell?: readonly string[] | null | undefined;
}
