import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Call } from "../call";
import { Calls } from "../calls";
import type { Client } from "../client";
import { RequestError } from "../errors";
import { Events } from "../events";
import type { Messages } from "../protocol";
import { type FakeMicrophones, FakePeer, stubMedia } from "./fake-media";

/** A client that notes requests, and answers those of a name with a failure. */
class FakeClient extends Events<Messages & Record<"renewed", null>> {
  readonly sent: string[] = [];
  failing: string | undefined;

  async request(name: string, { callLeg = "", sdp = "", ...more }: Record<string, unknown>): Promise<never[]> {
    this.sent.push([name, callLeg, ...Object.values(more), sdp].filter((part) => part !== "").join(" "));
    if (name === this.failing) throw new RequestError(name, "not now", 500);
    return [];
  }

  async tell<N extends keyof Messages>(name: N, value: Omit<Messages[N], "callId" | "tag">): Promise<void> {
    this.emit(name, { callId: "c", tag: "t", ...value } as never);
    await settle();
  }

  renew(): void {
    this.emit("renewed", null);
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 30; i += 1) await Promise.resolve();
}

let client: FakeClient;
let calls: Calls;
let microphones: FakeMicrophones;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  microphones = stubMedia();
  client = new FakeClient();
  calls = new Calls(client as unknown as Client);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function peer(index = 0): FakePeer {
  const made = FakePeer.made[index];
  if (made === undefined) throw new Error("no peer connection was made");
  return made;
}

async function calling(): Promise<Call> {
  const call = calls.start("bob@localhost");
  await call.start();
  return call;
}

async function connected(): Promise<Call> {
  const call = await calling();
  await client.tell("callConnected", { callLeg: "out1", peer: "bob@localhost", sdp: "a" });
  client.sent.length = 0;
  return call;
}

async function called(sdp?: string): Promise<Call> {
  const incoming: Call[] = [];
  calls.on("incoming", (call) => incoming.push(call));
  await client.tell("callIncoming", { callLeg: "inp001", peer: "bob@localhost", peerName: "Bob", ...(sdp && { sdp }) });
  const [call] = incoming;
  if (call === undefined) throw new Error("no call has come in");
  return call;
}

describe("a call to somebody", () => {
  test("goes from its offer over ringing to connected, and ends when we hang up", async () => {
    const call = calls.start("bob@localhost");
    const states: string[] = [call.state.name];
    call.on("changed", () => {
      if (states.at(-1) !== call.state.name) states.push(call.state.name);
    });
    await call.start();
    await client.tell("callProvisioned", { callLeg: "out1" });
    await client.tell("callConnected", { callLeg: "out1", peer: "bob@localhost", sdp: "a" });
    expect(call.state).toEqual({ name: "connected", since: 1_000_000 });
    call.hangUp();
    expect(states).toEqual(["preparing", "calling", "ringing", "connected", "ended"]);
    expect(call.state).toEqual({ name: "ended", ending: { by: "us" }, since: 1_000_000 });
    expect(client.sent).toEqual([
      "callStart out1 bob@localhost offer 1 of 1 tracks",
      "callUpdateAccept out1",
      "callUpdateAccept out1",
      "callKill out1",
    ]);
    expect(peer().taken).toEqual(["a"]);
    expect(peer().signalingState).toBe("closed");
    expect(microphones.opened.map(({ isStopped }) => isStopped)).toEqual([true]);
    expect(calls.list()).toEqual([]);
  });

  test("takes early media, and keeps them if the final answer names none", async () => {
    await calling();
    await client.tell("callProvisioned", { callLeg: "out1", sdp: "early" });
    await client.tell("callConnected", { callLeg: "out1", peer: "bob@localhost" });
    expect(peer().taken).toEqual(["early"]);
  });

  test("without a microphone is not made, and says why", async () => {
    microphones.problem = "NotAllowedError";
    const call = calls.start("bob@localhost");
    await expect(call.start()).rejects.toMatchObject({ problem: "denied" });
    expect(call.state.name).toBe("ended");
    expect(client.sent).toEqual([]);
    expect(calls.list()).toEqual([]);
  });

  test("that is given up while the microphone is being opened is not made", async () => {
    const call = calls.start("bob@localhost");
    const start = call.start();
    call.hangUp();
    await start;
    expect(client.sent).toEqual([]);
    expect(microphones.opened.map(({ isStopped }) => isStopped)).toEqual([true]);
  });

  test("that the server refuses ends with its words", async () => {
    client.failing = "callStart";
    const call = calls.start("nobody");
    await expect(call.start()).rejects.toBeInstanceOf(RequestError);
    expect(call.state).toEqual({ name: "ended", ending: { by: "us", code: 488, text: "not now" } });
  });

  test("that is declined ends, and its name is released", async () => {
    const call = await calling();
    client.sent.length = 0;
    await client.tell("callDisconnected", { callLeg: "out1", signalCode: 486, errorText: "Busy Here" });
    expect(call.state).toEqual({ name: "ended", ending: { by: "them", code: 486, text: "Busy Here" } });
    expect(client.sent).toEqual(["callKill out1"]);
  });

  test("whose answer cannot be used ends", async () => {
    const call = await calling();
    await client.tell("callConnected", { callLeg: "out1", peer: "bob@localhost", sdp: "unusable" });
    expect(call.state).toMatchObject({ name: "ended", ending: { by: "us", code: 488 } });
    expect(client.sent.at(-1)).toBe("callKill out1");
  });

  test("has a name of its own each time", async () => {
    expect([calls.start("a").leg, calls.start("b").leg]).toEqual(["out1", "out2"]);
  });
});

describe("a call that comes in", () => {
  test("rings, and is answered with the answer to its offer", async () => {
    const call = await called("theirs");
    expect([call.peer, call.peerName, call.state.name]).toEqual(["bob@localhost", "Bob", "incoming"]);
    await client.tell("callUpdated", { callLeg: "inp001" });
    expect(call.state.name).toBe("incoming");
    await call.answer();
    expect(call.state.name).toBe("answering");
    await client.tell("callUpdated", { callLeg: "inp001" });
    expect(call.state.name).toBe("connected");
    expect(client.sent).toEqual(["callProvision inp001", "callAccept inp001 answer to theirs with 1 tracks"]);
  });

  test("without an offer is answered with one, whose answer comes with the outcome", async () => {
    const call = await called();
    await client.tell("callUpdated", { callLeg: "inp001" });
    await call.answer();
    await client.tell("callUpdated", { callLeg: "inp001", sdp: "a" });
    expect(client.sent.at(-1)).toBe("callAccept inp001 offer 1 of 1 tracks");
    expect(peer().taken).toEqual(["a"]);
    expect(call.state.name).toBe("connected");
  });

  test("is answered even if the outcome of ringing comes late", async () => {
    const call = await called("theirs");
    await call.answer();
    await client.tell("callUpdated", { callLeg: "inp001" });
    expect(call.state.name).toBe("answering");
    await client.tell("callUpdated", { callLeg: "inp001" });
    expect(call.state.name).toBe("connected");
  });

  test("still waits if the microphone is denied, and can be answered when it is not any more", async () => {
    microphones.problem = "NotAllowedError";
    const call = await called("theirs");
    await expect(call.answer()).rejects.toMatchObject({ problem: "denied" });
    expect(call.state.name).toBe("incoming");
    microphones.problem = undefined;
    await call.answer();
    expect(call.state.name).toBe("answering");
  });

  test("is answered once, however often that is asked for", async () => {
    const call = await called("theirs");
    await Promise.all([call.answer(), call.answer()]);
    expect(client.sent.filter((request) => request.startsWith("callAccept"))).toHaveLength(1);
  });

  test("is declined on all devices, or with 486 on this one only", async () => {
    const call = await called("theirs");
    call.reject(486);
    expect(call.state).toEqual({ name: "ended", ending: { by: "us" } });
    expect(client.sent).toEqual(["callProvision inp001", "callReject inp001 486", "callKill inp001"]);
  });

  test("stops when another device answers", async () => {
    const call = await called("theirs");
    await client.tell("callDisconnected", { callLeg: "inp001", signalCode: 200, errorText: "answered elsewhere" });
    expect(call.state).toEqual({
      name: "ended",
      ending: { by: "another device", text: "answered elsewhere" },
    });
  });

  test("cannot be answered when the caller has given up meanwhile", async () => {
    const call = await called("theirs");
    const answer = call.answer();
    await client.tell("callDisconnected", { callLeg: "inp001" });
    await answer;
    expect(client.sent).toEqual(["callProvision inp001", "callKill inp001"]);
  });

  test("whose offer cannot be used ends", async () => {
    const call = await called("unusable");
    await expect(call.answer()).rejects.toThrow();
    expect(call.state).toMatchObject({ name: "ended", ending: { by: "us", code: 488 } });
    expect(microphones.opened.map(({ isStopped }) => isStopped)).toEqual([true]);
  });
});

describe("an established call", () => {
  test("answers an update, and goes on", async () => {
    const call = await connected();
    await client.tell("callUpdateRequest", { callLeg: "out1", sdp: "update" });
    await client.tell("callUpdateRequest", { callLeg: "out1" });
    expect(client.sent).toEqual(["callUpdateAccept out1 answer to update with 1 tracks", "callUpdateAccept out1"]);
    expect(call.state.name).toBe("connected");
  });

  test("refuses an update that it cannot use, and goes on", async () => {
    const call = await connected();
    await client.tell("callUpdateRequest", { callLeg: "out1", sdp: "unusable" });
    expect(client.sent).toEqual(["callUpdateReject out1"]);
    expect(call.state.name).toBe("connected");
  });

  test("tells how its sound fares", async () => {
    const call = await connected();
    const sounds = [call.sound];
    for (const state of ["connecting", "connected", "disconnected", "connected", "failed"] as const) {
      peer().become(state);
      sounds.push(call.sound);
    }
    expect(sounds).toEqual(["none", "connecting", "flowing", "interrupted", "flowing", "failed"]);
  });

  test("sends silence when it is muted, with another microphone too", async () => {
    const call = await connected();
    call.mute(true);
    await call.useMicrophone("other");
    expect(microphones.opened.map(({ enabled, isStopped }) => [enabled, isStopped])).toEqual([
      [false, true],
      [false, false],
    ]);
    expect(peer().getSenders()[0]?.track).toBe(microphones.opened[1]);
    call.mute(false);
    expect(microphones.opened[1]?.enabled).toBe(true);
  });

  test("takes another microphone when its own is pulled out, or is not there any more", async () => {
    const call = await connected();
    microphones.opened[0]?.onended?.();
    await settle();
    await call.useMicrophone("gone");
    expect(peer().getSenders()[0]?.track).toBe(microphones.opened[2]);
  });

  test("sends tones in a queue, as soon as it can", async () => {
    const call = await connected();
    const dtmf = peer().getSenders()[0]?.dtmf;
    if (dtmf === undefined) throw new Error("there is no sender");
    call.sendTones("1-2");
    expect(dtmf.toneBuffer).toBe("");
    dtmf.canInsertDTMF = true;
    peer().become("connected");
    expect(dtmf.toneBuffer).toBe("12");
    call.sendTones("3#");
    expect(dtmf.toneBuffer).toBe("123#");
  });

  test("ends when its session is lost, and the new session is bound as the old one was", async () => {
    await calls.bind();
    const call = await connected();
    client.renew();
    expect(call.state).toMatchObject({ name: "ended", ending: { by: "session" } });
    expect(client.sent).toEqual(["signalBind offer 1 of 0 tracks"]);
  });
});

describe("a page that is loaded again", () => {
  test("still has its call, without sound, and can hang up", async () => {
    await connected();
    const saved = JSON.parse(JSON.stringify(calls.save()));
    const next = new FakeClient();
    const restored = new Calls(next as unknown as Client);
    restored.restore(saved);
    const [call] = restored.list();
    expect([call?.state, call?.sound]).toEqual([{ name: "connected", since: 1_000_000 }, "left"]);
    await next.tell("callUpdateRequest", { callLeg: "out1", sdp: "update" });
    call?.hangUp();
    expect(next.sent).toEqual(["callUpdateReject out1", "callKill out1"]);
    expect(restored.start("x").leg).toBe("out2");
  });

  test("can answer a call that has come in before", async () => {
    await called("theirs");
    const saved = JSON.parse(JSON.stringify(calls.save()));
    const next = new FakeClient();
    const restored = new Calls(next as unknown as Client);
    restored.restore(saved);
    const [call] = restored.list();
    await call?.answer();
    await next.tell("callUpdated", { callLeg: "inp001" });
    expect(next.sent).toEqual(["callAccept inp001 answer to theirs with 1 tracks"]);
    expect(call?.state.name).toBe("connected");
  });
});
