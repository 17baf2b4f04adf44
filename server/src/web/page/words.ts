// What is said to the user?

import {
  type Call,
  ConnectionError,
  type Ending,
  MicrophoneError,
  type MicrophoneProblem,
  RequestError,
  SessionEnded,
} from "../sdk";
import { duration } from "./format";

/** Why there is no microphone, and what can be done about it. */
export const MICROPHONE_PROBLEMS: Record<MicrophoneProblem, string> = {
  insecure:
    "Calls need a secure page, and this one was not loaded by https. Open the server's address that begins with https://, and log in there.",
  denied:
    "The microphone is not allowed. Allow it for this page in the address bar of the browser (or in the settings of the system), then try again.",
  missing: "No microphone was found. Plug one in, then try again.",
  busy: "The microphone cannot be opened. Perhaps another program is using it: close that, then try again.",
};

/** What went wrong, in a sentence. */
export function problem(error: unknown): string {
  if (error instanceof MicrophoneError) return MICROPHONE_PROBLEMS[error.problem];
  if (error instanceof ConnectionError) return "The server cannot be reached. Check the network, then try again.";
  if (error instanceof SessionEnded) return "The session has ended.";
  if (error instanceof RequestError) {
    if (error.errorNum === 515) return "The name or the password is wrong.";
    return sentence(error.errorText);
  }
  return sentence(error instanceof Error ? error.message : String(error));
}

/** How a call stands. */
export function callState(call: Call, now: number): string {
  const { state, sound } = call;
  switch (state.name) {
    case "preparing":
      return "Opening the microphone …";
    case "calling":
      return "Calling …";
    case "ringing":
      return "Ringing …";
    case "incoming":
      return "Incoming call";
    case "answering":
      return "Connecting …";
    case "connected": {
      const time = duration(now - state.since);
      switch (sound) {
        case "none":
        case "connecting":
          return `${time} · connecting the sound …`;
        case "flowing":
          return time;
        case "interrupted":
          return `${time} · the sound is interrupted, waiting for it to come back …`;
        case "failed":
          return `${time} · the sound is lost`;
        case "left":
          return `${time} · the call goes on, but its sound went with the page`;
      }
      return time;
    }
    case "ended":
      return callEnding(state.ending, call.direction, state.since !== undefined);
  }
}

/** How a call stands, for those who hear it: what does not change each second. */
export function announcement(call: Call): string {
  const who = call.peerName ?? call.peer;
  const isConnected = call.state.name === "connected";
  return `${who}: ${isConnected ? "connected" : callState(call, Date.now())}.`;
}

function callEnding({ by, code, text }: Ending, direction: Call["direction"], wasConnected: boolean): string {
  switch (by) {
    case "us":
      return code === undefined ? "Call ended" : `The call was not possible: ${text ?? `code ${code}`}`;
    case "another device":
      return "Answered on another device";
    case "session":
      return "The session was lost, and the call with it";
    case "them":
      if (wasConnected) return "The other side has hung up";
      if (direction === "incoming" && (code === undefined || code === CANCELLED)) return "Missed call";
      return code === undefined ? "Call ended" : failure(code, text);
  }
}

/** The SIP status of a call that the caller has given up (RFC 3261 §21.4.25). */
const CANCELLED = 487;

/** SIP statuses (RFC 3261 §21) that people meet. */
const FAILURES: Record<number, string> = {
  403: "This call is not allowed",
  404: "There is nobody with this address",
  408: "No answer",
  410: "There is nobody with this address any more",
  480: "Not available just now",
  484: "The address is not complete",
  486: "Busy",
  [CANCELLED]: "No answer",
  488: "The other side cannot send or receive this kind of sound",
  503: "The service is not available just now",
  600: "Busy",
  603: "Declined",
  604: "There is nobody with this address",
  606: "The other side cannot send or receive this kind of sound",
};

function failure(code: number, text: string | undefined): string {
  return FAILURES[code] ?? `The call failed: ${text ?? "no reason given"} (${code})`;
}

function sentence(text: string): string {
  // An address is written as it is.
  if (/^\S*@/.test(text)) return text;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
