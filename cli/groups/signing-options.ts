import { CalaError } from "../../core/base/error.ts";
import type { SignBy } from "../../core/image/signature/signer.ts";
import { value, type OptionValues } from "../option.ts";

/** How what is pushed is signed: shared by all commands that push. */
export const signingOptions = {
  signBy: value("--sign-by", "KEY", "Sign with this key of GnuPG, into the lookaside store of registries.d"),
  signBySigstore: value("--sign-by-sigstore", "FILE", "Sign as this file says, which names a private key (containers-sigstore-signing-params.yaml)", { complete: "files" }),
  signBySigstorePrivateKey: value("--sign-by-sigstore-private-key", "FILE", "Sign with this private key (PEM) and attach the signature to the image", { complete: "files" }),
  signBySqFingerprint: value("--sign-by-sq-fingerprint", "FINGERPRINT", "Refused: keys of Sequoia are not used"),
  signPassphraseFile: value("--sign-passphrase-file", "FILE", "File with the passphrase of the signing key", { complete: "files" }),
} as const;

/** These options as data; undefined when nothing is to be signed. @throws CalaError `option-unsupported`, `arguments-conflict` */
export function signByOf(values: OptionValues<typeof signingOptions>): SignBy | undefined {
  const { signBy, signBySigstore, signBySigstorePrivateKey, signBySqFingerprint, signPassphraseFile } = values;
  if (signBySqFingerprint !== undefined) throw new CalaError("option-unsupported", "--sign-by-sq-fingerprint is refused: keys of Sequoia are not used", { hint: "export the key into GnuPG's key ring and use --sign-by" });
  if (signBySigstore !== undefined && signBySigstorePrivateKey !== undefined) throw new CalaError("arguments-conflict", "--sign-by-sigstore and --sign-by-sigstore-private-key cannot be used together");
  if (signBy === undefined && signBySigstore === undefined && signBySigstorePrivateKey === undefined) return undefined;
  return {
    ...(signBy === undefined ? {} : { gpgKey: signBy }), ...(signBySigstore === undefined ? {} : { sigstoreParametersFile: signBySigstore }),
    ...(signBySigstorePrivateKey === undefined ? {} : { sigstoreKeyFile: signBySigstorePrivateKey }), ...(signPassphraseFile === undefined ? {} : { passphraseFile: signPassphraseFile }),
  };
}
