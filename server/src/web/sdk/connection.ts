// What is one connection, from its opening to its end?

/** What is used of a `WebSocket`. */
export interface Socket {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: never) => void) | null;
  send(text: string): void;
  close(): void;
}

/** Opens a connection to a URL. */
export type OpenSocket = (url: string) => Socket;

export const openWebSocket: OpenSocket = (url) => new WebSocket(url, "ximss") as Socket;

/** How long it may take until the connection is of use, in ms. */
const BEGINNING = 15_000;

/** A connection. After its end, whichever side has wanted it, nothing comes of it any more. */
export class Connection {
  readonly #socket: Socket;
  readonly #timer: ReturnType<typeof setTimeout>;

  constructor(
    open: OpenSocket,
    url: string,
    events: { opened: () => void; received: (text: string) => void; lost: () => void },
  ) {
    this.#socket = open(url);
    const lost = () => {
      this.close();
      events.lost();
    };
    this.#timer = setTimeout(lost, BEGINNING);
    this.#socket.onopen = events.opened;
    this.#socket.onmessage = ({ data }) => events.received(String(data));
    this.#socket.onclose = lost;
  }

  /** It is of use now; without this it would be given up after a while. */
  established(): void {
    clearTimeout(this.#timer);
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#socket.onopen = null;
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    this.#socket.close();
  }
}
