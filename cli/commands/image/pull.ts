import { CalaError } from "../../../core/base/error.ts";
import { transportOf } from "../../../core/oci/transport.ts";
import type { PullPolicy, PullResult } from "../../../core/image/pull.ts";
import type { PlainQuestion } from "../../../core/registry/manifests.ts";
import { defineCommand } from "../../command.ts";
import { platformOf } from "../../groups/platform-options.ts";
import { connectOf, credsOption, registryOptions, retryOptions } from "../../groups/registry-options.ts";
import { flag, list, rest, value } from "../../option.ts";

export const command = defineCommand({
  description: "Pulls images from registries and prints their ids. A name without a registry is looked for in the search registries of registries.conf, else on Docker Hub. A download that broke off goes on where it stopped. Besides docker://NAME, the sources docker-archive:FILE, oci-archive:FILE, oci:DIRECTORY, dir:DIRECTORY and containers-storage:NAME (podman's own store) are understood.",
  examples: ["cala pull ubuntu", "cala pull --platform linux/arm64 quay.io/fedora/fedora:40", "cala pull --all-tags localhost:5000/team/app"],
  arguments: { names: rest("IMAGE", { minimum: 1, complete: "images" }) },
  options: {
    allTags: flag("-a, --all-tags", "Pull every tag of the repository"),
    arch: value("--arch", "ARCH", "Architecture instead of this machine's"),
    creds: credsOption,
    decryptionKey: list("--decryption-key", "KEY", "Refused: encrypted layers are not supported"),
    disableContentTrust: flag("--disable-content-trust", "Changes nothing: docker's content trust is not used; see image trust"),
    os: value("--os", "OS", "Operating system"),
    platform: value("--platform", "OS/ARCH[/VARIANT]", "Platform instead of this machine's"),
    policy: value("--policy", "POLICY", "When to pull", { initial: "always", choices: ["always", "missing", "never", "newer"] }),
    quiet: flag("-q, --quiet", "Print the ids only"),
    variant: value("--variant", "VARIANT", "Variant of the architecture"),
    ...registryOptions, ...retryOptions,
  },
  async run({ options, args, context }) {
    if (options.decryptionKey.length > 0) throw new CalaError("option-unsupported", "--decryption-key is refused: encrypted layers are not supported", { hint: "skopeo copy --decryption-key can decrypt an image" });
    const [{ imageEngine }, { pullImage, pullAllTags }, { imageProgress }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/pull.ts"), import("../../output/image-progress.ts")]);
    const engine = imageEngine(context.engine);
    const { onProgress, close } = imageProgress(context.err, options.quiet);
    const asked: PlainQuestion[] = [];
    const common = { policy: options.policy as PullPolicy, platform: platformOf(options), connect: connectOf(options), onProgress, signal: context.signal, onPlain: (question: PlainQuestion) => asked.push(question) };
    try {
      for (const name of args.names) {
        const transport = transportOf(name);
        if (transport !== undefined) {
          const { pullTransport } = await import("../../../core/image/pull-transport.ts");
          for (const { image } of await pullTransport(engine, transport, { onProgress, signal: context.signal })) context.print(image.id);
          continue;
        }
        const results: PullResult[] = options.allTags ? await pullAllTags(engine, { ...common, name }) : [await pullImage(engine, { ...common, name })];
        close();
        for (const { image } of results) context.print(image.id);
      }
      const [question] = asked;
      // What a terminal shows depends on its size.
      if (question !== undefined && args.names.length === 1 && !options.allTags && options.policy === "always" && (options.quiet || !context.err.isTty)) {
        (await import("../../shortcut/keep-pull.ts")).keepPull(context.engine.dirs, question);
      }
    } finally {
      close();
    }
  },
});
