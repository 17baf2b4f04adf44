// What does the user hear while it rings?

/** Which sound. */
export type Ringing =
  /** Somebody calls. */
  | "incoming"
  /** Somebody calls during another call. */
  | "waiting"
  /** It rings at the other side. */
  | "outgoing";

/** In Hz, and from when to when in s. */
type Tone = [frequency: number, from: number, till: number];

interface Pattern {
  /** From one ring to the next, in s. */
  every: number;
  /** Tones of a ring. */
  tones: Tone[];
  volume: number;
}

/** Two tones that take turns. */
function warble(start: number): Tone[] {
  return Array.from({ length: 10 }, (_, i) => [i % 2 === 0 ? 784 : 988, start + i * 0.09, start + (i + 1) * 0.09]);
}

const PATTERNS: Record<Ringing, Pattern> = {
  incoming: { every: 3, tones: [...warble(0), ...warble(1.1)], volume: 0.2 },
  waiting: {
    every: 6,
    tones: [
      [425, 0, 0.2],
      [425, 0.4, 0.6],
    ],
    volume: 0.06,
  },
  // As telephones in most of Europe have it (ITU-T E.180).
  outgoing: { every: 5, tones: [[425, 0, 1]], volume: 0.06 },
};

export class Ringer {
  #context: AudioContext | undefined;
  #ringing: Ringing | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #silence: GainNode | undefined;
  #isWaking = false;

  constructor() {
    // Browsers let a page sound once the user has touched it.
    const wake = () => void this.#context?.resume();
    document.addEventListener("pointerdown", wake);
    document.addEventListener("keydown", wake);
  }

  /** Sounds like this from now on, or not at all. */
  ring(ringing: Ringing | undefined): void {
    if (ringing === this.#ringing) return;
    this.#ringing = ringing;
    clearInterval(this.#timer);
    this.#silence?.disconnect();
    this.#silence = undefined;
    if (ringing === undefined) return;
    const pattern = PATTERNS[ringing];
    this.#once(pattern);
    this.#timer = setInterval(() => this.#once(pattern), pattern.every * 1_000);
  }

  #once(pattern: Pattern): void {
    const context = (this.#context ??= new AudioContext());
    if (context.state === "running") {
      this.#sound(context, pattern);
      return;
    }
    // The tones would wait, and then sound all at once.
    if (this.#isWaking) return;
    this.#isWaking = true;
    void context.resume().then(() => {
      this.#isWaking = false;
      if (this.#ringing !== undefined) this.#sound(context, PATTERNS[this.#ringing]);
    });
  }

  #sound(context: AudioContext, { tones, volume }: Pattern): void {
    const gain = (this.#silence ??= newGain(context));
    const now = context.currentTime + 0.02;
    for (const [frequency, from, till] of tones) {
      const tone = new OscillatorNode(context, { type: "triangle", frequency });
      const envelope = new GainNode(context, { gain: 0 });
      envelope.gain.setValueAtTime(0, now + from);
      envelope.gain.linearRampToValueAtTime(volume, now + from + 0.01);
      envelope.gain.setValueAtTime(volume, now + till - 0.01);
      envelope.gain.linearRampToValueAtTime(0, now + till);
      tone.connect(envelope).connect(gain);
      tone.start(now + from);
      tone.stop(now + till);
    }
  }
}

function newGain(context: AudioContext): GainNode {
  const gain = new GainNode(context);
  gain.connect(context.destination);
  return gain;
}
