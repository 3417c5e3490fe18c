/** What a log driver is: where the output of a container goes, decided at each launch and done by the monitor. */

/** What a driver may know of the container. */
export interface LogSubject {
  readonly id: string;
  readonly name: string;
  readonly imageId: string;
  readonly imageName: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `KEY=value`, of the container's process. */
  readonly env: readonly string[];
  readonly terminal: boolean;
  /** `--log-opt`. */
  readonly options: Readonly<Record<string, string>>;
  /** Of the log file where no option says otherwise. */
  readonly file: string;
}

/** What the monitor is told. */
export interface LogLaunch {
  /** Absent: no file. */
  readonly path?: string;
  /** 0: unlimited. */
  readonly maxBytes: number;
  readonly maxFiles: number;
  /** Members of each record of a file, with a comma in front; empty for none. */
  readonly attributes: string;
  readonly journal?: { readonly socket: string; /** `NAME=value` lines. */ readonly fields: string };
  /** The container has the streams of whoever starts it. */
  readonly passthrough: boolean;
}

/** A log driver. */
export interface LogDriver {
  readonly name: string;
  /** Keys of `--log-opt` that it knows. */
  readonly options: readonly string[];
  /** How `logs` reads it; undefined: it cannot be read. */
  readonly reader: "file" | "journal" | undefined;
  /** @throws CalaError where it cannot be used here, or an option's value is wrong */
  readonly launch: (subject: LogSubject) => LogLaunch;
}
