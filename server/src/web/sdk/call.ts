// What is a call, for the client at this end of it?

import type { CallEvents, CallMessage, CallState, Ending, SavedCall, Sound } from "./call-state";
import type { Client } from "./client";
import { MicrophoneError, openMicrophone } from "./devices";
import { RequestError } from "./errors";
import { Events } from "./events";
import { Negotiation } from "./negotiation";
import type { Messages } from "./protocol";
import { Tones } from "./tones";

export class Call extends Events<CallEvents> {
  readonly leg: string;
  readonly direction: "outgoing" | "incoming";
  #peer: string;
  #peerName: string | undefined;
  #state: CallState;
  #sound: Sound = "none";
  #offer: string | undefined;
  #negotiation: Negotiation | undefined;
  #microphone: MediaStream | undefined;
  #remote: MediaStream | undefined;
  #isMuted = false;
  #isAnswering = false;
  readonly #tones = new Tones(() => this.#negotiation?.dtmf());
  /** What each `callUpdated` to come is the outcome of. */
  readonly #updates: ("provision" | "accept")[] = [];
  /** Descriptions are taken in the order in which they came. */
  #steps: Promise<void> = Promise.resolve();

  constructor(
    private readonly client: Client,
    saved: Omit<SavedCall, "state"> & { state: SavedCall["state"] | "preparing" },
  ) {
    super();
    this.leg = saved.leg;
    this.direction = saved.direction;
    this.#peer = saved.peer;
    this.#peerName = saved.peerName;
    this.#offer = saved.offer;
    const { state, since = Date.now() } = saved;
    this.#state = state === "connected" ? { name: state, since } : { name: state };
    if (state !== "preparing" && state !== "incoming") this.#sound = "left";
  }

  /** Whom we talk to: an address. */
  get peer(): string {
    return this.#peer;
  }

  get peerName(): string | undefined {
    return this.#peerName;
  }

  get state(): CallState {
    return this.#state;
  }

  get sound(): Sound {
    return this.#sound;
  }

  /** What the other side sends, to be played. */
  get remote(): MediaStream | undefined {
    return this.#remote;
  }

  get isMuted(): boolean {
    return this.#isMuted;
  }

  /** Calls the peer. Rejects with a `MicrophoneError`, and the call has ended, if there is no microphone. */
  async start(microphone?: string): Promise<void> {
    try {
      const sdp = await (await this.#negotiate(microphone))?.offer(this.#heard());
      if (sdp === undefined) return;
      this.#set({ name: "calling" });
      await this.client.request("callStart", { callLeg: this.leg, peer: this.#peer, sdp });
    } catch (error) {
      this.#failed(error);
      throw error;
    }
  }

  /** Answers the call. Rejects with a `MicrophoneError`, and the call still waits, if there is no microphone. */
  async answer(microphone?: string): Promise<void> {
    if (this.#state.name !== "incoming" || this.#isAnswering) return;
    this.#isAnswering = true;
    try {
      const negotiation = await this.#negotiate(microphone);
      if (negotiation === undefined) return;
      const sdp = await (this.#offer === undefined
        ? negotiation.offer(this.#heard())
        : negotiation.answer(this.#offer, this.#heard()));
      if (this.#isOver()) return;
      this.#set({ name: "answering" });
      this.#updates.push("accept");
      await this.client.request("callAccept", { callLeg: this.leg, sdp });
    } catch (error) {
      if (!(error instanceof MicrophoneError)) this.#failed(error);
      throw error;
    } finally {
      this.#isAnswering = false;
    }
  }

  /** Declines the call, on all devices of the user; with the code 486 on this one only. */
  reject(signalCode?: number): void {
    if (this.#state.name !== "incoming") return;
    const code = signalCode === undefined ? {} : { signalCode };
    this.client.request("callReject", { callLeg: this.leg, ...code }).catch(() => {});
    this.#end({ by: "us" });
  }

  /** Ends the call, whatever its state. */
  hangUp(): void {
    if (!this.#isOver()) this.#end({ by: "us" });
  }

  /** Sends silence, or sound again. */
  mute(isMuted: boolean): void {
    this.#isMuted = isMuted;
    for (const track of this.#microphone?.getAudioTracks() ?? []) track.enabled = !isMuted;
    this.emit("changed", undefined);
  }

  /** Sends DTMF tones, one after another, as soon as that is possible. */
  sendTones(tones: string): void {
    this.#tones.add(tones);
  }

  /** Takes another microphone. */
  async useMicrophone(id?: string): Promise<void> {
    if (this.#negotiation === undefined) return;
    await this.#openMicrophone(id);
    if (!this.#isOver()) await this.#negotiation.replaceMicrophone(this.#heard());
  }

  // ---- what the session tells

  /** Lets the caller know that the user is told of the call. */
  provision(): void {
    this.#updates.push("provision");
    this.client.request("callProvision", { callLeg: this.leg }).catch(() => {});
  }

  /** A message about this call. */
  handle(message: CallMessage): void {
    if (message.name === "callDisconnected") {
      this.#disconnected(message.value);
      return;
    }
    this.#steps = this.#steps.then(() => this.#take(message)).catch((error) => this.#failed(error));
  }

  /** The session is gone, and the call with it. */
  lost(): void {
    if (!this.#isOver()) this.#close({ by: "session" });
  }

  /** What a page that is loaded again needs; `undefined` if the server does not know of the call. */
  save(): SavedCall | undefined {
    const { name } = this.#state;
    if (name === "preparing" || name === "ended") return undefined;
    const optional = {
      ...(this.#peerName !== undefined && { peerName: this.#peerName }),
      ...(this.#state.name === "connected" && { since: this.#state.since }),
      ...(this.#offer !== undefined && { offer: this.#offer }),
    };
    return { leg: this.leg, direction: this.direction, peer: this.#peer, state: name, ...optional };
  }

  // ----

  async #take({ name, value }: CallMessage): Promise<void> {
    if (this.#isOver()) return;
    switch (name) {
      case "callProvisioned":
        await this.#takeAnswer(value.sdp);
        if (this.#state.name === "calling") this.#set({ name: "ringing" });
        this.#acknowledge();
        return;
      case "callConnected":
        await this.#takeAnswer(value.sdp);
        this.#connected();
        this.#acknowledge();
        return;
      case "callUpdated":
        await this.#updated(value);
        return;
      case "callUpdateRequest":
        await this.#answerUpdate(value.sdp);
        return;
      case "callIncoming":
      case "callDisconnected":
        return;
    }
  }

  async #updated(value: Messages["callUpdated"]): Promise<void> {
    if (value.peer !== undefined) this.#peer = value.peer;
    if (value.peerName !== undefined) this.#peerName = value.peerName;
    // A page that was loaded again does not know what it waits for.
    const outcomeOf = this.#updates.shift() ?? (this.#state.name === "answering" ? "accept" : undefined);
    if (outcomeOf !== "accept") return;
    if (value.signalCode !== undefined) {
      this.#end({ by: "them", code: value.signalCode, ...(value.errorText && { text: value.errorText }) });
      return;
    }
    await this.#takeAnswer(value.sdp);
    this.#connected();
  }

  async #answerUpdate(offer: string | undefined): Promise<void> {
    const callLeg = this.leg;
    if (offer === undefined) return this.#acknowledge();
    const answer = await this.#negotiation?.answer(offer).catch(() => undefined);
    const request =
      answer === undefined
        ? this.client.request("callUpdateReject", { callLeg })
        : this.client.request("callUpdateAccept", { callLeg, sdp: answer });
    request.catch(() => {});
  }

  async #takeAnswer(sdp: string | undefined): Promise<void> {
    if (sdp !== undefined) await this.#negotiation?.takeAnswer(sdp);
  }

  #acknowledge(): void {
    this.client.request("callUpdateAccept", { callLeg: this.leg }).catch(() => {});
  }

  #connected(): void {
    if (!this.#isOver() && this.#state.name !== "connected") {
      this.#set({ name: "connected", since: Date.now() });
    }
  }

  #disconnected({ signalCode, errorText }: Messages["callDisconnected"]): void {
    if (this.#isOver()) return;
    const isElsewhere = signalCode === 200;
    this.#end({
      by: isElsewhere ? "another device" : "them",
      ...(signalCode !== undefined && !isElsewhere && { code: signalCode }),
      ...(errorText !== undefined && { text: errorText }),
    });
  }

  /** Opens the microphone and what is needed to talk; `undefined` if the call is over by then. */
  async #negotiate(microphone?: string): Promise<Negotiation | undefined> {
    await this.#openMicrophone(microphone);
    if (this.#isOver()) return undefined;
    const negotiation = new Negotiation();
    negotiation.on("stream", (stream) => {
      this.#remote = stream;
      this.emit("changed", undefined);
    });
    negotiation.on("state", (state) => {
      this.#sound = SOUNDS[state];
      this.#tones.send();
      this.emit("changed", undefined);
    });
    this.#negotiation?.close();
    this.#negotiation = negotiation;
    return negotiation;
  }

  async #openMicrophone(id?: string): Promise<void> {
    const microphone = await openMicrophone(id);
    stop(this.#microphone);
    this.#microphone = microphone;
    if (this.#isOver()) stop(microphone);
    // It was pulled out: another one may be there.
    for (const track of microphone.getAudioTracks()) {
      track.onended = () => void this.useMicrophone().catch(() => {});
    }
    this.mute(this.#isMuted);
  }

  /** What is to be sent. */
  #heard(): MediaStream {
    return this.#microphone ?? new MediaStream();
  }

  #isOver(): boolean {
    return this.#state.name === "ended";
  }

  #set(state: CallState): void {
    this.#state = state;
    this.emit("changed", undefined);
  }

  #failed(error: unknown): void {
    if (this.#isOver()) return;
    const text = error instanceof RequestError ? error.errorText : String(error);
    this.#end({ by: "us", code: 488, text });
  }

  /** The call is over: the server is told, so that the name is free again. */
  #end(ending: Ending): void {
    const isKnown = this.#state.name !== "preparing";
    this.#close(ending);
    if (isKnown) this.client.request("callKill", { callLeg: this.leg }).catch(() => {});
  }

  #close(ending: Ending): void {
    const since = this.#state.name === "connected" ? { since: this.#state.since } : {};
    this.#negotiation?.close();
    stop(this.#microphone);
    this.#set({ name: "ended", ending, ...since });
  }
}

const SOUNDS: Record<RTCPeerConnectionState, Sound> = {
  new: "none",
  connecting: "connecting",
  connected: "flowing",
  disconnected: "interrupted",
  failed: "failed",
  closed: "none",
};

function stop(stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
