import type { SecretRecord } from "./record.ts";

/** A secret as podman's `secret inspect` shows it. */
export interface SecretDocument {
  readonly ID: string;
  readonly CreatedAt: string;
  readonly UpdatedAt: string;
  readonly Spec: { readonly Name: string; readonly Driver: { readonly Name: string; readonly Options: Readonly<Record<string, string>> }; readonly Labels: Readonly<Record<string, string>> };
  readonly SecretData?: string;
}

/** @param data shown only when given */
export function secretDocument(secret: SecretRecord, data?: Uint8Array): SecretDocument {
  return {
    ID: secret.id, CreatedAt: secret.createdAt, UpdatedAt: secret.updatedAt,
    Spec: { Name: secret.name, Driver: { Name: secret.driver, Options: secret.options }, Labels: secret.labels },
    ...(data === undefined ? {} : { SecretData: Buffer.from(data).toString("utf8") }),
  };
}
