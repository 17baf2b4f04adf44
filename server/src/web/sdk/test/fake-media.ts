// What a browser gives to a call: peer connections that insist on the order of offers and answers (RFC 9429 §3.2),
// and microphones.

import { vi } from "vitest";

export class FakeTrack extends EventTarget {
  readonly kind = "audio";
  enabled = true;
  isStopped = false;
  onended: (() => void) | null = null;

  stop(): void {
    this.isStopped = true;
  }
}

export class FakeStream {
  constructor(readonly tracks: FakeTrack[] = []) {}

  getTracks(): FakeTrack[] {
    return this.tracks;
  }

  getAudioTracks(): FakeTrack[] {
    return this.tracks;
  }
}

export class FakeDtmf {
  canInsertDTMF = false;
  toneBuffer = "";

  insertDTMF(tones: string): void {
    this.toneBuffer = tones;
  }
}

class FakeSender {
  readonly dtmf = new FakeDtmf();

  constructor(public track: FakeTrack | null) {}

  async replaceTrack(track: FakeTrack | null): Promise<void> {
    this.track = track;
  }
}

type Description = { type: "offer" | "answer"; sdp: string };

export class FakePeer {
  /** All that were made, in order. */
  static made: FakePeer[] = [];
  signalingState: "stable" | "have-local-offer" | "have-remote-offer" | "closed" = "stable";
  connectionState: RTCPeerConnectionState = "new";
  localDescription: Description | null = null;
  /** What was taken of the other side, in order. */
  readonly taken: string[] = [];
  ontrack: ((event: { track: FakeTrack; streams: FakeStream[] }) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  readonly #senders: FakeSender[] = [];
  #offers = 0;

  constructor() {
    FakePeer.made.push(this);
  }

  addTransceiver(): void {}

  addTrack(track: FakeTrack): void {
    this.#senders.push(new FakeSender(track));
  }

  getSenders(): FakeSender[] {
    return this.#senders;
  }

  async createOffer(): Promise<Description> {
    this.#offers += 1;
    return { type: "offer", sdp: `offer ${this.#offers} of ${this.#senders.length} tracks` };
  }

  async createAnswer(): Promise<Description> {
    if (this.signalingState !== "have-remote-offer") throw new DOMException("no offer", "InvalidStateError");
    return { type: "answer", sdp: `answer to ${this.taken.at(-1)} with ${this.#senders.length} tracks` };
  }

  async setLocalDescription(description: Description): Promise<void> {
    const isAnswer = description.type === "answer";
    if (isAnswer !== (this.signalingState === "have-remote-offer")) {
      throw new DOMException(`${description.type} in ${this.signalingState}`, "InvalidStateError");
    }
    this.signalingState = isAnswer ? "stable" : "have-local-offer";
    this.localDescription = description;
  }

  async setRemoteDescription({ type, sdp }: Description): Promise<void> {
    if (sdp === "unusable") throw new DOMException("unusable", "InvalidAccessError");
    // An offer rolls one of ours back; an answer needs one.
    if (type === "answer" && this.signalingState !== "have-local-offer") {
      throw new DOMException(`answer in ${this.signalingState}`, "InvalidStateError");
    }
    this.signalingState = type === "answer" ? "stable" : "have-remote-offer";
    this.taken.push(sdp);
  }

  /** The connection is now in this state. */
  become(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  close(): void {
    this.signalingState = "closed";
  }
}

/** Microphones as `getUserMedia` gives them. */
export class FakeMicrophones {
  readonly opened: FakeTrack[] = [];
  /** The name of the exception thrown instead. */
  problem: string | undefined;

  readonly mediaDevices = {
    getUserMedia: async ({ audio }: { audio: true | { deviceId: { exact: string } } }) => {
      if (this.problem !== undefined) throw new DOMException("no", this.problem);
      if (audio !== true && audio.deviceId.exact === "gone") throw new DOMException("no", "OverconstrainedError");
      const track = new FakeTrack();
      this.opened.push(track);
      return new FakeStream([track]);
    },
  };
}

/** Puts all of it in the place of the browser's. */
export function stubMedia(): FakeMicrophones {
  FakePeer.made = [];
  const microphones = new FakeMicrophones();
  vi.stubGlobal("RTCPeerConnection", FakePeer);
  vi.stubGlobal("MediaStream", FakeStream);
  vi.stubGlobal("navigator", { mediaDevices: microphones.mediaDevices });
  return microphones;
}
