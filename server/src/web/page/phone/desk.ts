// Which calls are there, and which of them does the user talk in?
//
// One at a time: in the others neither side hears the other, until there is a way to hold a call.

import { type Call, Events, type Session } from "../../sdk";
import { chosenDevices } from "../storage";

/** A call as the page shows it. */
export interface Line {
  call: Call;
  /** Whether the user talks in it. */
  isInFront: boolean;
  /** Whether the user wants not to be heard. */
  wantsMute: boolean;
  /** Plays what the other side says. */
  audio: HTMLAudioElement;
}

/** How long a call that has ended stays to be seen, in ms. */
const LINGER = 6_000;
/** So many missed calls stay until the user has seen them. */
const MOST_MISSED = 5;

export class Desk extends Events<{ changed: undefined }> {
  readonly #lines = new Map<Call, Line>();

  constructor(private readonly session: Session) {
    super();
    session.calls.on("incoming", (call) => this.#add(call));
    for (const call of session.calls.list()) this.#add(call);
  }

  /** The calls there are, in the order in which they came, and those that have just ended. */
  lines(): Line[] {
    return [...this.#lines.values()];
  }

  /** Calls somebody. */
  async call(peer: string): Promise<void> {
    for (const line of this.lines()) if (!isMissed(line.call)) this.dismiss(line.call);
    const call = this.session.calls.start(peer);
    this.#add(call);
    this.toFront(call);
    await call.start(chosenDevices().microphone).catch((error: unknown) => {
      this.dismiss(call);
      throw error;
    });
  }

  /** Calls the other side of a call once more. */
  async callAgain(call: Call): Promise<void> {
    call.hangUp();
    this.dismiss(call);
    await this.call(call.peer);
  }

  async answer(call: Call): Promise<void> {
    const stop = call.on("changed", () => {
      if (call.state.name !== "answering") return;
      stop();
      this.toFront(call);
    });
    await call.answer(chosenDevices().microphone).finally(stop);
  }

  /** Lets the user talk in this call, and in no other. */
  toFront(call: Call): void {
    for (const line of this.#lines.values()) {
      line.isInFront = line.call === call;
      this.#settle(line);
    }
    this.emit("changed", undefined);
  }

  mute(call: Call, isMuted: boolean): void {
    const line = this.#lines.get(call);
    if (line === undefined) return;
    line.wantsMute = isMuted;
    this.#settle(line);
    this.emit("changed", undefined);
  }

  /** Takes the devices that the user has chosen now. */
  async useDevices(): Promise<void> {
    const { microphone, speaker } = chosenDevices();
    for (const { call, audio } of this.lines()) {
      if (call.state.name === "ended") continue;
      await call.useMicrophone(microphone);
      await useSpeaker(audio, speaker);
    }
  }

  /** A call that has ended need not be seen any more. */
  dismiss(call: Call): void {
    const line = this.#lines.get(call);
    if (line === undefined || call.state.name !== "ended") return;
    line.audio.srcObject = null;
    this.#lines.delete(call);
    this.emit("changed", undefined);
  }

  #add(call: Call): void {
    const line: Line = { call, isInFront: false, wantsMute: false, audio: new Audio() };
    line.audio.autoplay = true;
    void useSpeaker(line.audio, chosenDevices().speaker);
    this.#lines.set(call, line);
    call.on("changed", () => this.#changed(line));
    this.emit("changed", undefined);
  }

  #changed(line: Line): void {
    const { call, audio } = line;
    if (call.remote !== undefined && audio.srcObject !== call.remote) {
      audio.srcObject = call.remote;
      // A page that nobody has touched yet may not play; a call needs a touch.
      audio.play().catch(() => {});
    }
    if (call.state.name === "ended") this.#ended(line);
    this.emit("changed", undefined);
  }

  #ended(line: Line): void {
    line.audio.srcObject = null;
    if (isMissed(line.call)) {
      const missed = this.lines().filter(({ call }) => isMissed(call));
      for (const { call } of missed.slice(0, -MOST_MISSED)) this.dismiss(call);
    } else {
      setTimeout(() => this.dismiss(line.call), LINGER);
    }
    const [only, ...others] = this.lines().filter(({ call }) => call.state.name === "connected");
    // With one call left there is nothing to choose.
    if (line.isInFront && only !== undefined && others.length === 0) this.toFront(only.call);
  }

  #settle({ call, audio, isInFront, wantsMute }: Line): void {
    if (call.state.name === "ended") return;
    audio.muted = !isInFront;
    call.mute(wantsMute || !isInFront);
  }
}

/** Whether somebody has called in vain. */
export function isMissed({ direction, state }: Call): boolean {
  if (direction !== "incoming" || state.name !== "ended") return false;
  return state.ending.by === "them" && state.since === undefined;
}

/** Plays over this speaker, where browsers let pages choose. */
async function useSpeaker(audio: HTMLAudioElement, speaker: string | undefined): Promise<void> {
  if (!("setSinkId" in audio)) return;
  // One that is not there any more: then the system's choice stays.
  await audio.setSinkId(speaker ?? "").catch(() => {});
}
