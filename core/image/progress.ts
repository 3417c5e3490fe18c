/** What a long image verb is doing; told to whoever asked, never printed here. */
export type ProgressEvent =
  | { readonly kind: "step"; /** `Trying to pull docker.io/library/ubuntu:latest...` */ readonly text: string }
  | {
      readonly kind: "layer";
      /** Digest of the layer or config, packed. */
      readonly id: string;
      readonly phase: "waiting" | "exists" | "transferring" | "done";
      readonly doneBytes: number;
      /** 0 when it is not known. */
      readonly totalBytes: number;
      /** What the layer is called in messages: `blob`, `config`. */
      readonly noun: "blob" | "config";
    };

/** Takes events; must not throw and should be quick. */
export type OnProgress = (event: ProgressEvent) => void;
