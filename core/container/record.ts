import type { IdRange } from "../idmap/map.ts";
import type { ImageDefaults } from "../spec/image-defaults.ts";
import type { SecretOrigin } from "../secret/use.ts";
import type { ContainerRequest, PortRequest } from "../spec/request.ts";

/** What was decided when a container was created; `containers/ID/record.json`. Written by create and rename only. */
export interface ContainerRecord {
  readonly version: 1;
  readonly id: string;
  readonly name: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly imageId: string;
  /** The full reference that the image was found under. */
  readonly imageName: string;
  readonly image: {
    /** Digest of the manifest it came with. */
    readonly digest: string;
    /** Diff ids, lowest first. */
    readonly layers: readonly string[];
    readonly defaults: ImageDefaults;
  };
  readonly storageDriver: string;
  /** Absent: each id as itself, 0 being the user. */
  readonly identity?: IdentityRecord;
  readonly request: ContainerRequest;
  /** Name of the network mode in use: `pasta`, `none`, … */
  readonly networkMode: string;
  /** Published ports with host ports chosen. */
  readonly ports: readonly PortRequest[];
  readonly volumes: readonly VolumeUse[];
  /** Images that it mounts, as they were when it was created. */
  readonly imageMounts?: readonly ImageMountUse[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** What its files of secrets were made from, in the order of the request. */
  readonly secrets?: readonly SecretOrigin[];
  /** The words that run: entrypoint and command. */
  readonly args: readonly string[];
  /** The image's labels with the request's over them. */
  readonly labels: Readonly<Record<string, string>>;
  readonly stopSignal: string;
  readonly stopTimeoutSeconds: number;
}

/** Which ids a container has, and what it is told of them. */
export interface IdentityRecord {
  /** As for `--userns`; what cala chose where nothing was asked. */
  readonly mode: string;
  /** The container's map, `outside` in the outer namespace. */
  readonly uids?: readonly IdRange[];
  readonly gids?: readonly IdRange[];
  /** `uid:gid` of the process, where neither the request nor the image names a user. */
  readonly user?: string;
  /** A further group of every process: the caller's, as it is called inside. */
  readonly group?: number;
  readonly accounts?: readonly AccountLine[];
}

/** A line for passwd(5) of the container, unless its name or id is there. */
export interface AccountLine {
  readonly file: "/etc/passwd" | "/etc/group";
  readonly line: string;
  readonly id: number;
}

/** A volume of a container. */
export interface VolumeUse {
  readonly name: string;
  readonly target: string;
  readonly anonymous: boolean;
  readonly options: readonly string[];
}

/** An image that a container mounts. */
export interface ImageMountUse {
  /** As the request names it. */
  readonly source: string;
  readonly imageId: string;
  /** Diff ids, lowest first. */
  readonly layers: readonly string[];
}

/**
 * What the native monitor says of a container; `containers/ID/state`, one JSON line, replaced as a whole. Absent until the
 * first start. Believed only if `bootId` is this boot's and the process `monitorPid` still has `monitorStart`.
 */
export interface MonitorState {
  readonly status: "starting" | "running" | "paused" | "exited" | "restarting";
  readonly bootId: string;
  readonly monitorPid: number;
  /** Field 22 of /proc/PID/stat, clock ticks since boot. */
  readonly monitorStart: number;
  /** The container's first process, as the host sees it; 0 when exited. */
  readonly pid: number;
  readonly pidStart: number;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly finishedAt: string;
  /** 128 + signal when a signal ended it. */
  readonly exitCode: number;
  readonly oomKilled: boolean;
  readonly restartCount: number;
  /** Empty where the container has no health check. */
  readonly health?: "" | "starting" | "healthy" | "unhealthy";
  /** Failed probes in a row that counted. */
  readonly failingStreak?: number;
  /** It is not to be started with the host. */
  readonly stoppedByUser?: boolean;
  /** Why it never started, or what the monitor met; empty normally. */
  readonly error: string;
}
