import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { annotationOf, entryOptions } from "../../groups/manifest-options.ts";
import { argument, flag, list, optionalArgument, value } from "../../option.ts";

export const command = defineCommand({
  description: "Changes what a manifest list says of one of its images, named by its digest or its name here; with --index, of the list itself. Prints the list's id.",
  examples: ["cala manifest annotate --arch arm64 --variant v8 app:1 app:1-arm", "cala manifest annotate --index --annotation org.example.stage=test app:1"],
  arguments: { list: argument("LIST"), image: optionalArgument("IMAGE", { complete: "images" }) },
  options: {
    ...entryOptions,
    index: flag("--index", "Annotate the list itself"),
    osFeatures: list("--os-features", "FEATURE", "Features of the operating system that the image needs"),
    subject: value("--subject", "IMAGE", "The image that the list is about", { complete: "images" }),
  },
  async run({ options, args, context }) {
    const isWhole = options.index || options.subject !== undefined;
    if (isWhole === (args.image !== undefined)) throw new CalaError("arguments-conflict", isWhole ? "no image can be given with --index or --subject" : "you must name an image of the list, or give --index", { hint: "cala manifest annotate --help" });
    const [{ imageEngine }, { annotateList, setSubject }, { listId }] = await Promise.all([import("../../../core/image/open.ts"), import("../../../core/image/manifest-edit.ts"), import("../../../core/image/manifest-list.ts")]);
    const engine = imageEngine(context.engine);
    if (options.subject !== undefined) await setSubject(engine, args.list, options.subject);
    context.print(listId(await annotateList(engine, args.list, args.image, annotationOf(options))));
  },
});
