import { expect, test } from "vitest";
import type { Call, Ending } from "../sdk";
import { announcement, callState, problem } from "./words";
import { MicrophoneError, RequestError } from "../sdk";

function ended(ending: Ending, direction: Call["direction"] = "outgoing", since?: number): Call {
  const state = { name: "ended", ending, ...(since !== undefined && { since }) };
  return { state, direction, peer: "bob@localhost", sound: "none" } as Call;
}

test.each<[Call, string]>([
  [ended({ by: "us" }), "Call ended"],
  [ended({ by: "them" }, "outgoing", 1), "The other side has hung up"],
  [ended({ by: "them", code: 486 }), "Busy"],
  [ended({ by: "them", code: 487 }), "No answer"],
  [ended({ by: "them", code: 999, text: "odd" }), "The call failed: odd (999)"],
  [ended({ by: "them" }, "incoming"), "Missed call"],
  [ended({ by: "them", code: 487 }, "incoming"), "Missed call"],
  [ended({ by: "them", code: 488 }, "incoming"), "The other side cannot send or receive this kind of sound"],
  [ended({ by: "another device" }, "incoming"), "Answered on another device"],
])("an ending is told in words: %#", (call, text) => {
  expect(callState(call, 0)).toBe(text);
});

test("what is spoken of a call does not change each second", () => {
  const call = { state: { name: "connected", since: 0 }, peer: "bob@localhost", sound: "flowing" } as Call;
  expect([callState(call, 65_000), announcement(call)]).toEqual(["1:05", "bob@localhost: connected."]);
});

test("a microphone that is not allowed has a sentence that says what to do", () => {
  expect(problem(new MicrophoneError("denied"))).toMatch(/not allowed.*Allow it.*try again\.$/);
});

test("the server's words become a sentence", () => {
  expect(problem(new RequestError("login", "too many sessions", 500))).toBe("Too many sessions.");
});
