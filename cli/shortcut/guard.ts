/** Something that was looked at, as it was found. */
export interface Guard {
  readonly type: number;
  /** Of a file; a variable with its value. */
  readonly path: string;
  readonly numbers?: readonly bigint[];
  /** Of `access`: mode, granted. */
  readonly words?: readonly number[];
  /** What follows the path. */
  readonly content?: Uint8Array;
}

/** `enum template_record_type` in native/launch-template.h, where each is described. */
export const guardTypes = { variable: 1, file: 2, absent: 3, access: 4, content: 5, link: 6, real: 7, system: 8, place: 9, routes: 10 } as const;
/** Records that say what to do. */
export const actionTypes = { places: 32, name: 33, names: 34, directory: 35, file: 36, append: 37, start: 38, plans: 39, open: 40, ask: 41, say: 42, copy: 43, facts: 44 } as const;
/** `STATUS_*` there. */
export const statusFlags = { link: 1, lasting: 2 } as const;
/** `enum template_part` there. */
export const partKinds = { text: 0, id: 1, shortId: 2, name: 3, time: 4, preciseTime: 5, command: 6, program: 7 } as const;
/** `START_*` there. */
export const startFlags = { detached: 1, terminal: 2 } as const;
/** `OPEN_*` there. */
export const openFlags = { command: 1, name: 2 } as const;
