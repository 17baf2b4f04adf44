// How does a session keep a connection? It gets a new one whenever it loses one, until it is ended.

import { delayAfter } from "./backoff";
import { Connection, type OpenSocket } from "./connection";
import { ConnectionError, type RequestError } from "./errors";
import { Greeting, type Introduction, NOT_AUTHENTICATED } from "./greeting";
import { Heartbeat } from "./heartbeat";
import { watchNetwork } from "./network";
import type { Messages } from "./protocol";
import { type Frame, readFrame } from "./wire";

/** How the client stands with its server. */
export type State =
  /** Not logged in. */
  | { name: "offline" }
  /** Logging in for the first time. */
  | { name: "connecting" }
  | { name: "online" }
  /** The connection was lost; requests wait. The next try is under way, or comes at `retryAt` (ms since 1970). */
  | { name: "reconnecting"; retryAt?: number }
  /** Logged out, or the server does not accept the ticket any more. */
  | { name: "ended"; reason: EndReason };

export type EndReason = "logged out" | "ticket refused";

/** What is done by who uses the link. */
export interface LinkUser {
  /** How the client stands has changed. */
  stateChanged(state: State): void;
  /** What to say first when the connection was lost. */
  introduceAgain(): Introduction;
  /** A new session has begun. */
  begun(session: Messages["session"]): void;
  /** The session goes on; the server has accepted so many of its requests. */
  resumed(session: Messages["session"], accepted: number): void;
  /** A message of the session has come. */
  received(frame: Frame, characters: number): void;
  /** Make the server send something. */
  ask(): void;
}

export class Link {
  #state: State = { name: "offline" };
  #connection: Connection | undefined;
  #greeting: Greeting | undefined;
  #heartbeat: Heartbeat | undefined;
  /** Tries that have failed since something was received. */
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #stopWatching: (() => void) | undefined;
  #entering: { resolve: (how: "resumed" | "begun") => void; reject: (error: Error) => void } | undefined;

  constructor(
    private readonly url: string,
    private readonly openSocket: OpenSocket,
    private readonly user: LinkUser,
  ) {}

  get state(): State {
    return this.#state;
  }

  /** Logs in with one try. */
  async login(account: string, password: string): Promise<void> {
    await this.#enter({ name: "connecting" }, () => this.#connect({ kind: "password", account, password }));
  }

  /** Goes on with an earlier session, or begins a new one by its ticket; tries until it succeeds or is refused. */
  resume(): Promise<"resumed" | "begun"> {
    return this.#enter({ name: "reconnecting" }, () => this.#reconnect());
  }

  send(text: string): void {
    this.#connection?.send(text);
  }

  /** The connection is of no use any more: another is needed. */
  lost(): void {
    this.#disconnect();
    if (this.#state.name === "connecting") {
      this.#setState({ name: "offline" });
      this.#failed(new ConnectionError("the server cannot be reached"));
      return;
    }
    const delay = delayAfter(this.#failures++);
    clearTimeout(this.#retry);
    this.#setState({ name: "reconnecting", retryAt: Date.now() + delay });
    this.#retry = setTimeout(() => this.#reconnect(), delay);
  }

  /** Looks whether the connection is alive, or tries at once to get a new one. */
  look(): void {
    if (this.#state.name === "online") this.#heartbeat?.doubt();
    if (this.#state.name === "reconnecting" && this.#connection === undefined) {
      this.#failures = 0;
      this.#reconnect();
    }
  }

  end(reason: EndReason): void {
    this.#disconnect();
    clearTimeout(this.#retry);
    this.#stopWatching?.();
    this.#stopWatching = undefined;
    this.#setState({ name: "ended", reason });
  }

  #enter(state: State, start: () => void): Promise<"resumed" | "begun"> {
    return new Promise((resolve, reject) => {
      this.#entering = { resolve, reject };
      this.#stopWatching ??= watchNetwork(() => this.look());
      this.#setState(state);
      start();
    });
  }

  #connect(introduction: Introduction): void {
    const greeting = new Greeting(introduction);
    const connection = new Connection(this.openSocket, this.url, {
      opened: () => connection.send(greeting.begin()),
      received: (text) => this.#receive(text),
      lost: () => this.lost(),
    });
    this.#greeting = greeting;
    this.#connection = connection;
  }

  #reconnect(): void {
    clearTimeout(this.#retry);
    this.#setState({ name: "reconnecting" });
    this.#connect(this.user.introduceAgain());
  }

  #disconnect(): void {
    this.#heartbeat?.stop();
    this.#heartbeat = undefined;
    this.#connection?.close();
    this.#connection = undefined;
    this.#greeting = undefined;
  }

  #setState(state: State): void {
    this.#state = state;
    this.user.stateChanged(state);
  }

  #receive(text: string): void {
    this.#heartbeat?.heard();
    let frame: Frame;
    try {
      frame = readFrame(text);
    } catch {
      this.lost();
      return;
    }
    if (this.#greeting !== undefined) {
      this.#greet(this.#greeting, frame);
      return;
    }
    this.#failures = 0;
    this.user.received(frame, text.length);
  }

  #greet(greeting: Greeting, frame: Frame): void {
    const outcome = greeting.handle(frame);
    switch (outcome.kind) {
      case "wait":
        return;
      case "send":
        this.send(outcome.text);
        return;
      case "begun":
        this.user.begun(outcome.session);
        this.#online("begun");
        return;
      case "resumed":
        this.user.resumed(outcome.session, outcome.accepted);
        this.#online("resumed");
        return;
      case "refused":
        this.#refused(outcome.error);
    }
  }

  #online(how: "resumed" | "begun"): void {
    this.#greeting = undefined;
    this.#connection?.established();
    this.#heartbeat = new Heartbeat(
      () => this.user.ask(),
      () => this.lost(),
    );
    this.#entering?.resolve(how);
    this.#entering = undefined;
    this.#setState({ name: "online" });
  }

  #refused(error: RequestError): void {
    if (this.#state.name === "connecting") {
      this.#disconnect();
      this.#setState({ name: "offline" });
    } else if (error.errorNum === NOT_AUTHENTICATED) {
      this.end("ticket refused");
    } else {
      // Such as too many sessions just now: a later try may work.
      this.lost();
      return;
    }
    this.#failed(error);
  }

  #failed(error: Error): void {
    this.#entering?.reject(error);
    this.#entering = undefined;
  }
}
