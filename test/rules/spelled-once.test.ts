import { test } from "uvu";
import { complain, filesBelow, withoutComments } from "./sources.ts";

/** Names that belong to one file and the list that it is in. */
const owners: ReadonlyArray<readonly [name: string, allowed: RegExp]> = [
  ["pasta", /^core\/network\/(modes\/)?(pasta|index|list|modes)\.ts$|^core\/network\/pasta\//],
  ["slirp4netns", /^core\/network\/(modes\/)?(slirp4netns|index|list|modes)\.ts$/],
  ["fuse-overlayfs", /^core\/storage\/(drivers\/)?(fuse-overlayfs|index|list|drivers)\.ts$/],
  ["vfs", /^core\/storage\/(drivers\/)?(vfs|index|list|drivers)\.ts$/],
];

for (const [name, allowed] of owners) {
  test(`"${name}" is spelled by its own file and the list only`, () => {
    const word = new RegExp(`(?<![\\w-])${name}(?![\\w-])`);
    const found = filesBelow(["core", "cli"], ".ts").filter((file) => word.test(withoutComments(file.text)) && !allowed.test(file.path));
    complain(`"${name}" spelled elsewhere`, found.map((file) => file.path));
  });
}

test.run();
