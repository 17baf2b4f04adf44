// How do requests and messages get through, whatever happens to connections?
//
// The session outlives its connection: messages are numbered and come once and in order, requests that the server has
// not accepted go to it again. If the session itself is gone, there is a new one by ticket, and `renewed` says so.

import type { DataMessage } from "./answers";
import { type OpenSocket, openWebSocket } from "./connection";
import { RequestError, SessionEnded } from "./errors";
import { Events } from "./events";
import { Link, type State } from "./link";
import { type Messages, type Requests, requests } from "./protocol";
import { Queue } from "./queue";
import { Receipt } from "./receipt";
import { encode, type Frame, type Message, type RequestName } from "./wire";

/** Who is logged in, to which session. */
export interface Identity {
  /** The session's id, a secret: it opens the `/Session/` URLs. */
  urlID: string;
  /** Accepted in place of the password for some days. */
  ticket: string;
  /** The account, `name@domain`. */
  userName: string;
  realName?: string;
}

/** What a page that is loaded again needs to go on with its session. */
export interface SavedClient extends Identity {
  /** Number of the last message received. */
  received: number;
  /** The ids of later requests begin here. */
  nextId: number;
}

/** What a client tells: the messages that no request asked for, and these. */
export type ClientEvents = Messages & {
  state: State;
  /** The session was lost and there is a new one: folders, calls and uploads of the old one are gone. */
  renewed: Identity;
};

interface Pending {
  id: string;
  name: RequestName;
  value: Requests[RequestName];
  data: unknown[];
  onData?: ((message: never) => void) | undefined;
  resolve: (data: never) => void;
  reject: (error: Error) => void;
}

/** How long a message may stay unacknowledged, in ms. */
const ACKNOWLEDGE_WITHIN = 2_000;

export class Client extends Events<ClientEvents> {
  readonly #link: Link;
  #identity: Identity | undefined;
  #nextId = 1;
  readonly #queue = new Queue<Pending>();
  #receipt = new Receipt();
  #acknowledging: ReturnType<typeof setTimeout> | undefined;

  /** `server` is where the gateway is, such as `https://example.org`. */
  constructor(
    readonly server: string,
    openSocket: OpenSocket = openWebSocket,
  ) {
    super();
    this.#link = new Link(`${server.replace(/^http/, "ws")}/ximss`, openSocket, {
      stateChanged: (state) => this.#stateChanged(state),
      introduceAgain: () => {
        const { urlID = "", ticket = "" } = this.#identity ?? {};
        return { kind: "resume", urlID, ticket, received: this.#receipt.received };
      },
      begun: (session) => this.#begun(session),
      resumed: (session, accepted) => {
        this.#identify(session);
        this.#queue.resume(accepted);
      },
      received: (frame, characters) => this.#receive(frame, characters),
      ask: () => this.#noop(),
    });
  }

  get state(): State {
    return this.#link.state;
  }

  /** Who is logged in; `undefined` when nobody is. */
  get identity(): Identity | undefined {
    return this.#identity;
  }

  /** Logs in. Rejects with a `RequestError` if the server refuses, a `ConnectionError` if it is not reached. */
  login(account: string, password: string): Promise<void> {
    return this.#link.login(account, password);
  }

  /** Goes on with the session of a page that was left, or begins a new one if that has ended. Tries until it
   * succeeds or the server refuses. */
  resume({ received, nextId, ...identity }: SavedClient): Promise<"resumed" | "begun"> {
    this.#identity = identity;
    this.#receipt = new Receipt(received);
    this.#nextId = nextId;
    return this.#link.resume();
  }

  /** What `resume` will need. */
  save(): SavedClient | undefined {
    if (this.#identity === undefined) return undefined;
    return { ...this.#identity, received: this.#receipt.received, nextId: this.#nextId };
  }

  /** Sends a request, now or when there is a connection again. The promise has its data messages, or is rejected with a
   * `RequestError` or with `SessionEnded`; `onData` is called with each data message as it comes. */
  request<N extends RequestName>(
    name: N,
    value: Requests[N],
    onData?: (message: DataMessage<N>) => void,
  ): Promise<DataMessage<N>[]> {
    if (this.state.name !== "online" && this.state.name !== "reconnecting") {
      return Promise.reject(new SessionEnded("there is no session"));
    }
    return new Promise((resolve, reject) => {
      this.#queue.add({ id: String(this.#nextId++), name, value, data: [], onData, resolve, reject });
      this.#flush();
    });
  }

  /** Ends the session. */
  async logout(): Promise<void> {
    if (this.state.name === "online") {
      const lost = new Promise<void>((resolve) => this.on("state", () => resolve()));
      await Promise.race([this.request("bye", {}).catch(() => {}), lost]);
    } else if (this.#identity !== undefined) {
      await fetch(`${this.server}/Session/${this.#identity.urlID}/KILL`, { method: "POST" }).catch(() => {});
    }
    this.#link.end("logged out");
  }

  /** Looks whether the connection is alive, or tries at once to get a new one. Done by itself when the network changes
   * or the page is seen again. */
  look(): void {
    this.#link.look();
  }

  // ---- the session

  #stateChanged(state: State): void {
    if (state.name !== "online") this.#stopAcknowledging();
    if (state.name === "ended") {
      this.#identity = undefined;
      this.#abandon();
    }
    this.#flush();
    this.emit("state", state);
  }

  #begun(session: Messages["session"]): void {
    const isFirst = this.#identity === undefined;
    this.#identify(session);
    this.#abandon();
    this.#receipt = new Receipt();
    if (!isFirst && this.#identity !== undefined) this.emit("renewed", this.#identity);
  }

  #identify({ urlID, userName, realName, ticket }: Messages["session"]): void {
    const known = ticket ?? this.#identity?.ticket ?? "";
    this.#identity = { urlID, userName, ticket: known, ...(realName !== undefined && { realName }) };
  }

  /** Nobody will answer what was asked of a session that has ended. */
  #abandon(): void {
    for (const { name, reject } of this.#queue.clear()) {
      reject(new SessionEnded(`the session has ended before ${name} was answered`));
    }
  }

  // ---- messages and requests

  #receive({ seq, id, message }: Frame, characters: number): void {
    if (seq !== undefined && !this.#receipt.take(seq, characters)) {
      // Something is missing: the next connection brings it.
      this.#link.lost();
      return;
    }
    const pending = id === undefined ? undefined : this.#queue.waiting(id);
    // The answer to an acknowledgement is not acknowledged by itself, or there would be no end to it.
    if (pending?.name !== "noop") this.#acknowledgeSoon();
    if (message === undefined) return;
    if (pending !== undefined) this.#answer(pending, message);
    else if (id === undefined) this.emit(message.name, message.value as never);
  }

  #answer(pending: Pending, { name, value }: Message): void {
    if (name !== "response") {
      pending.data.push(value);
      pending.onData?.(value as never);
      return;
    }
    this.#queue.answered(pending.id);
    if (value.errorText === undefined) pending.resolve(pending.data as never);
    else pending.reject(new RequestError(pending.name, value.errorText, value.errorNum ?? 500));
  }

  #flush(): void {
    while (this.state.name === "online") {
      const request = this.#queue.next();
      if (request === undefined) return;
      const ackSeq = this.#receipt.acknowledge();
      const header = { id: request.id, ackSeq: ackSeq === undefined ? undefined : String(ackSeq) };
      this.#link.send(encode(request.name, requests[request.name], request.value, header));
    }
  }

  #acknowledgeSoon(): void {
    if (this.#receipt.isDue) this.#noop();
    else this.#acknowledging ??= setTimeout(() => this.#noop(), ACKNOWLEDGE_WITHIN);
  }

  /** Acknowledges, and makes the server answer. */
  #noop(): void {
    this.#stopAcknowledging();
    if (this.state.name === "online") this.request("noop", {}).catch(() => {});
  }

  #stopAcknowledging(): void {
    clearTimeout(this.#acknowledging);
    this.#acknowledging = undefined;
  }
}
