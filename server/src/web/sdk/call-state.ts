// How far has a call got, and how does it end?

import type { Messages } from "./protocol";

/** How far a call has got. */
export type CallState =
  /** We call: the microphone is being opened. */
  | { name: "preparing" }
  /** We call: nobody has been reached yet. */
  | { name: "calling" }
  /** We call: somewhere it rings. */
  | { name: "ringing" }
  /** We are called. */
  | { name: "incoming" }
  /** We have answered; the caller does not know yet. */
  | { name: "answering" }
  /** `since` is in ms since 1970. */
  | { name: "connected"; since: number }
  | { name: "ended"; ending: Ending; since?: number };

/** Why a call has ended. */
export interface Ending {
  /** Who has ended it: this client, the other side, another device of ours that has answered, or the loss of the
   * session. */
  by: "us" | "them" | "another device" | "session";
  /** A SIP status, if it failed. */
  code?: number;
  /** Why, in the server's words. */
  text?: string;
}

/** How its sound fares. */
export type Sound =
  /** There is none yet. */
  | "none"
  | "connecting"
  | "flowing"
  /** Nothing comes just now; it may come back. */
  | "interrupted"
  /** It will not come back. */
  | "failed"
  /** The page was loaded again; the call goes on without it. */
  | "left";

export interface CallEvents {
  /** Something about it has changed. */
  changed: undefined;
}

/** What a page that is loaded again needs to know of a call. */
export interface SavedCall {
  leg: string;
  direction: "outgoing" | "incoming";
  peer: string;
  peerName?: string;
  state: "calling" | "ringing" | "incoming" | "answering" | "connected";
  since?: number;
  offer?: string;
}

/** The server's messages about a call. */
export type CallMessage = {
  [N in Extract<keyof Messages, `call${string}`>]: { name: N; value: Messages[N] };
}[Extract<keyof Messages, `call${string}`>];
