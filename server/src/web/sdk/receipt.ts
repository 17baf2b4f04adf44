// Which messages were received, and when is the server told?

/** Acknowledge after so many messages … */
const MESSAGES = 50;
/** … or so many characters of them. */
const CHARACTERS = 32 * 1024;

/** Counts numbered messages. */
export class Receipt {
  /** Number of the last message received. */
  #received: number;
  /** Number of the last message that the server was told of. */
  #acknowledged: number;
  #characters = 0;

  constructor(received = 0) {
    this.#received = received;
    this.#acknowledged = received;
  }

  /** Number of the last message received. */
  get received(): number {
    return this.#received;
  }

  /** Takes the number of a message; returns whether it is the next one. */
  take(seq: number, characters: number): boolean {
    if (seq !== this.#received + 1) return false;
    this.#received = seq;
    this.#characters += characters;
    return true;
  }

  /** Whether so much was received that the server is to be told now. */
  get isDue(): boolean {
    return this.#received - this.#acknowledged >= MESSAGES || this.#characters >= CHARACTERS;
  }

  /** What to tell the server with the next request; `undefined` if it knows. */
  acknowledge(): number | undefined {
    if (this.#received === this.#acknowledged) return undefined;
    this.#acknowledged = this.#received;
    this.#characters = 0;
    return this.#received;
  }
}
