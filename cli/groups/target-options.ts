import { flag, list } from "../option.ts";

/** Which containers a verb is about, beside names; `verb` begins the sentences. */
export function targetOptions(verb: string) {
  return {
    all: flag("-a, --all", `${verb} all containers that it can be done to`),
    cidfile: list("--cidfile", "FILE", "Read the container's ID from FILE", { complete: "files" }),
    filter: list("-f, --filter", "FILTER", `${verb} the containers that match, as in ps`),
    latest: flag("-l, --latest", `${verb} the container that was created last`),
  } as const;
}
