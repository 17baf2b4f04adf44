// Which DTMF tones are still to be sent?

/** How long a tone lasts, and the silence after it, in ms. Gateways want at least 40 of each (RFC 4733 §2.5.2). */
const TONE = 120;
const GAP = 80;

/** Tones that wait until they can be sent, and then go out one after another. */
export class Tones {
  #waiting = "";

  /** `sender` is what sends tones, as soon as that is possible. */
  constructor(private readonly sender: () => RTCDTMFSender | undefined) {}

  /** Puts tones in: digits, `*`, `#` and `A` to `D`; everything else is ignored. */
  add(tones: string): void {
    this.#waiting += tones.toUpperCase().replace(/[^0-9*#A-D]/g, "");
    this.send();
  }

  /** Sends what waits, if that is possible now. */
  send(): void {
    const sender = this.sender();
    if (sender === undefined || this.#waiting === "") return;
    // What is given replaces what was not sent yet.
    sender.insertDTMF(sender.toneBuffer + this.#waiting, TONE, GAP);
    this.#waiting = "";
  }
}
