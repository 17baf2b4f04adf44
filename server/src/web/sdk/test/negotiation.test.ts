import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { capabilities, Negotiation } from "../negotiation";
import { FakePeer, FakeStream, FakeTrack, stubMedia } from "./fake-media";

beforeEach(() => void stubMedia());
afterEach(() => void vi.unstubAllGlobals());

const microphone = () => new FakeStream([new FakeTrack()]) as unknown as MediaStream;

function peer(): FakePeer {
  const [made] = FakePeer.made;
  if (made === undefined) throw new Error("no peer connection was made");
  return made;
}

test("an offer is sent with the microphone in it, and its answer taken", async () => {
  const negotiation = new Negotiation();
  expect(await negotiation.offer(microphone())).toBe("offer 1 of 1 tracks");
  await negotiation.takeAnswer("a");
  expect(peer().taken).toEqual(["a"]);
  expect(peer().signalingState).toBe("stable");
});

test("the same answer again changes nothing", async () => {
  const negotiation = new Negotiation();
  await negotiation.offer(microphone());
  await negotiation.takeAnswer("a");
  await negotiation.takeAnswer("a");
  expect(peer().taken).toEqual(["a"]);
});

test("another answer to the same offer is taken too, as often as it comes", async () => {
  const negotiation = new Negotiation();
  await negotiation.offer(microphone());
  for (const answer of ["early a", "early b", "final b"]) await negotiation.takeAnswer(answer);
  expect(peer().taken).toEqual(["early a", "early b", "final b"]);
  expect(peer().signalingState).toBe("stable");
});

test("the microphone is added after the offer was taken, so that it is in the answer", async () => {
  const negotiation = new Negotiation();
  expect(await negotiation.answer("theirs", microphone())).toBe("answer to theirs with 1 tracks");
});

test("a later offer is answered with the same microphone", async () => {
  const negotiation = new Negotiation();
  await negotiation.offer(microphone());
  await negotiation.takeAnswer("a");
  expect(await negotiation.answer("update")).toBe("answer to update with 1 tracks");
});

test("an offer that crosses ours is answered", async () => {
  const negotiation = new Negotiation();
  await negotiation.offer(microphone());
  expect(await negotiation.answer("theirs")).toBe("answer to theirs with 1 tracks");
});

test("an answer that comes after an offer of theirs was answered is taken", async () => {
  const negotiation = new Negotiation();
  await negotiation.answer("theirs", microphone());
  await negotiation.takeAnswer("late");
  expect(peer().taken).toEqual(["theirs", "late"]);
});

test("what a browser can do is told without opening anything for long", async () => {
  expect(await capabilities()).toBe("offer 1 of 0 tracks");
  expect(peer().signalingState).toBe("closed");
});
