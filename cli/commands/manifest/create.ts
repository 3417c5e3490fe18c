import { defineCommand } from "../../command.ts";
import { pairsOf } from "../../groups/manifest-options.ts";
import { argument, flag, list, maybeFlag, rest } from "../../option.ts";

export const command = defineCommand({
  description: "Makes a list of images for several platforms and prints its id. Images are looked for here first, then in registries. The list stays here until it is pushed with manifest push.",
  examples: ["cala manifest create app:1", "cala manifest create app:1 app:1-amd64 docker://registry.example/app:1-arm64"],
  arguments: { list: argument("LIST"), images: rest("IMAGE", { complete: "images" }) },
  options: {
    all: flag("--all", "Add every platform of images that are lists themselves"),
    amend: flag("-a, --amend", "Go on with a list that exists"),
    annotation: list("--annotation", "NAME=VALUE", "Annotation of the list"),
    insecure: flag("--insecure", "The same as --tls-verify=false"),
    tlsVerify: maybeFlag("--tls-verify", "Insist on TLS with a valid certificate; with =false, do without"),
  },
  async run({ options, args, context }) {
    const [{ imageEngine }, { createList, addToList }, { listId }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/manifest-edit.ts"), import("../../../core/image/manifest-list.ts")]);
    const engine = imageEngine(context.engine);
    let made = createList(engine, args.list, { amend: options.amend, annotations: pairsOf(options.annotation) });
    const tlsVerify = options.insecure ? false : options.tlsVerify;
    const connect = tlsVerify === undefined ? {} : { tlsVerify };
    for (const image of args.images) made = await addToList(engine, args.list, image, { all: options.all, connect, signal: context.signal }, { annotations: {} });
    context.print(listId(made));
  },
});
