import { formatBytes } from "../../../core/base/bytes.ts";
import { shortId } from "../../../core/base/id.ts";
import { defineCommand } from "../../command.ts";
import { argument, flag } from "../../option.ts";

export const command = defineCommand({
  description: "Shows the layers of an image and which images end there, or with --whatrequires what is made from it.",
  examples: ["cala image tree ubuntu", "cala image tree --whatrequires my-base"],
  arguments: { image: argument("IMAGE", { complete: "images" }) },
  options: { whatrequires: flag("--whatrequires", "Show the images that are made from this one") },
  async run({ options, args, context }) {
    const [{ imageEngine }, { imageTree }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/tree.ts")]);
    const tree = await imageTree(imageEngine(context.engine), args.image);
    context.print(`Image ID: ${shortId(tree.image.id)}\nTags:     [${tree.tags.join(" ")}]\nSize:     ${formatBytes(tree.image.sizeBytes, "")}`);
    context.print(options.whatrequires ? `Image ID: ${shortId(tree.image.id)}` : "Image Layers");
    const lines = options.whatrequires
      ? tree.children.map((child) => `ID: ${shortId(child.image.id)} Size: ${formatBytes(child.image.sizeBytes, "")} Tags: [${child.tags.join(" ")}]`)
      : tree.layers.map((layer) => `ID: ${shortId(layer.diffId.replace(/^sha256:/, ""))} Size: ${formatBytes(layer.sizeBytes, "")}${layer.topOf.length === 0 ? "" : ` Top Layer of: [${layer.topOf.join(" ")}]`}`);
    lines.forEach((line, index) => context.print(`${index === lines.length - 1 ? "└──" : "├──"} ${line}`));
  },
});
