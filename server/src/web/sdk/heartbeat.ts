// Is anybody still at the other end?

/** Silence after which the server is asked for a sign of life, in ms. */
const SILENCE = 20_000;
/** How long it may take to give it, in ms. */
const PATIENCE = 10_000;
/** How long if there is reason to doubt, in ms. */
const DOUBT = 4_000;

/** Watches a connection. */
export class Heartbeat {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = false;

  /** `ask` makes the server send something; `dead` is called when it does not. */
  constructor(
    private readonly ask: () => void,
    private readonly dead: () => void,
  ) {
    this.#listen();
  }

  /** Something has come. */
  heard(): void {
    this.#asked = false;
    this.#listen();
  }

  /** There is reason to doubt: the network has changed, or the machine has slept. */
  doubt(): void {
    this.#question(DOUBT);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #listen(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#question(PATIENCE), SILENCE);
  }

  #question(patience: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.dead, patience);
    if (this.#asked) return;
    this.#asked = true;
    this.ask();
  }
}
