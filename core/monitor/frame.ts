/** The frames of the control socket; native/frame.h is the other end's view. u8 type, u8 flags, u16 0, u32 length, payload. */
export const frameTypes = {
  stdout: 1, stderr: 2, exit: 3, report: 4, ack: 5, health: 10,
  stdin: 16, stdinEof: 17, resize: 18, signal: 19, subscribe: 20, stop: 23, keep: 24, connect: 150, disconnect: 151, off: 152, probe: 40, pause: 50, unpause: 51, reload: 52,
} as const;

/** What a client wants to hear of. */
export interface Subscription {
  readonly stdout?: boolean;
  readonly stderr?: boolean;
  /** Will send input. */
  readonly stdin?: boolean;
  /** Only the EXIT frame is of interest. */
  readonly exit?: boolean;
}

/** Columns and rows of a terminal. */
export interface WindowSize {
  readonly rows: number;
  readonly columns: number;
}

/** One frame, taken apart. */
export interface Frame {
  readonly type: number;
  readonly payload: Buffer;
}

/** How a run of a container ended. */
export interface ExitNotice {
  /** 128 + signal when a signal ended it. */
  readonly exitCode: number;
  /** The restart policy will start it again. */
  readonly restarts: boolean;
  /** `--rm`: the connection closes when everything is removed. */
  readonly removes: boolean;
}

const headerBytes = 8;
const EXIT_RESTARTS = 1;
const EXIT_CLEANUP = 2;

/** The bytes of a frame. */
export function encodeFrame(type: number, payload: Uint8Array = new Uint8Array(0)): Buffer {
  const frame = Buffer.alloc(headerBytes + payload.length);
  frame.writeUInt8(type, 0);
  frame.writeUInt32LE(payload.length, 4);
  frame.set(payload, headerBytes);
  return frame;
}

/** A frame whose payload is 32-bit numbers. */
export function encodeNumbers(type: number, ...numbers: readonly number[]): Buffer {
  const payload = Buffer.alloc(numbers.length * 4);
  numbers.forEach((number, index) => payload.writeUInt32LE(number, index * 4));
  return encodeFrame(type, payload);
}

/** The request to be told of streams and of the exit. */
export function encodeSubscribe(wanted: Subscription): Buffer {
  const flags = (wanted.stdout === true ? 1 : 0) | (wanted.stderr === true ? 2 : 0) | (wanted.stdin === true ? 4 : 0) | (wanted.exit === true ? 8 : 0);
  return encodeNumbers(frameTypes.subscribe, flags);
}

/** The request to resize the container's terminal. */
export function encodeResize(size: WindowSize): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt16LE(size.rows, 0);
  payload.writeUInt16LE(size.columns, 2);
  return encodeFrame(frameTypes.resize, payload);
}

/** Takes whole frames off the front of received bytes. */
export function decodeFrames(bytes: Buffer): { readonly frames: readonly Frame[]; readonly rest: Buffer } {
  const frames: Frame[] = [];
  let offset = 0;
  while (bytes.length - offset >= headerBytes) {
    const end = offset + headerBytes + bytes.readUInt32LE(offset + 4);
    if (bytes.length < end) break;
    frames.push({ type: bytes.readUInt8(offset), payload: bytes.subarray(offset + headerBytes, end) });
    offset = end;
  }
  return { frames, rest: bytes.subarray(offset) };
}

/** The payload of an EXIT frame. */
export function decodeExit(payload: Buffer): ExitNotice {
  const flags = payload.readUInt32LE(4);
  return { exitCode: payload.readInt32LE(0), restarts: (flags & EXIT_RESTARTS) !== 0, removes: (flags & EXIT_CLEANUP) !== 0 };
}
