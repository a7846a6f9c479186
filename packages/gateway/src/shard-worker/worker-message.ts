import type { DispatchHeader } from "@antiphon/protocol/discord";
import type { TransportCompression } from "../inflater.ts";

/** What a worker thread is told. */
export type WorkerCommand =
  | {
      readonly type: "open";
      readonly socketId: number;
      readonly url: string;
      readonly compression: TransportCompression | "none";
      readonly streamInflate: boolean;
    }
  | { readonly type: "send"; readonly socketId: number; readonly text: string }
  | { readonly type: "close"; readonly socketId: number; readonly code: number }
  | { readonly type: "abort"; readonly socketId: number }
  /** So many messages were taken; it may read on. */
  | { readonly type: "taken"; readonly socketId: number; readonly sizeBytes: number }
  /** Whether somebody looks into the events of this name. */
  | { readonly type: "wanted"; readonly name: string; readonly isWanted: boolean };

/** One message of a socket: its size within the batch's bytes, or just the header of an event that nobody wants. */
export type BatchItem = number | DispatchHeader;

/** What a worker thread says. */
export type WorkerReport =
  | {
      readonly type: "batch";
      readonly socketId: number;
      /** Bytes received from the network for it, before decompression. */
      readonly receivedBytes: number;
      readonly items: readonly BatchItem[];
      /** The messages one after the other; transferred, and longer than they are. */
      readonly bytes: Uint8Array<ArrayBuffer>;
    }
  | { readonly type: "closed"; readonly socketId: number; readonly code: number; readonly problem: string | undefined }
  /** Asks once per name whether its events are wanted; they are handed on until there is an answer. */
  | { readonly type: "ask"; readonly name: string };
