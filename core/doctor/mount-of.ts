/** Which mount a path lies on; see proc_pid_mountinfo(5). */

/** Mount point, type and options; options are those of the mount and of its file system. */
export function mountOf(mountinfo: string, path: string): { readonly point: string; readonly fileSystem: string; readonly options: readonly string[] } {
  let best = { point: "", fileSystem: "unknown", options: [] as readonly string[] };
  for (const line of mountinfo.split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const [, , , , point, options = ""] = before.split(" ");
    const [fileSystem = "unknown", , more = ""] = after.split(" ");
    if (point === undefined) continue;
    const place = unescapeOctal(point);
    const holds = place === "/" || path === place || path.startsWith(`${place}/`);
    // Of several mounts on one point the last one is on top.
    if (holds && place.length >= best.point.length) best = { point: place, fileSystem, options: [...options.split(","), ...more.split(",")] };
  }
  return best;
}

/** Blanks and backslashes stand as `\040`. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
