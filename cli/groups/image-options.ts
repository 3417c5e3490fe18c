import { flag, list, value } from "../option.ts";
import { credsOption, registryOptions, retryOptions } from "./registry-options.ts";

/** Which image, and whether it is fetched: shared by run and create. */
export const imageOptions = {
  arch: value("--arch", "ARCH", "Architecture of the image instead of this machine's"),
  os: value("--os", "OS", "Operating system of the image"),
  platform: value("--platform", "OS/ARCH[/VARIANT]", "Platform of the image"),
  variant: value("--variant", "VARIANT", "Variant of the architecture"),
  decryptionKey: list("--decryption-key", "KEY", "Key for an encrypted image; such images are not supported, so this is refused"),
  disableContentTrust: flag("--disable-content-trust", "For command lines of docker, whose content trust no other tool has; what an image's signatures must be, policy.json says", { initial: true }),
  pull: value("--pull", "POLICY", "When to pull the image: always, missing, never or newer", { defaultText: "missing", choices: ["always", "missing", "never", "newer", "true", "false"] }),
  quiet: flag("-q, --quiet", "Do not show the progress of a pull"),
  creds: credsOption,
  ...registryOptions, ...retryOptions,
} as const;
