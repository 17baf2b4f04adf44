// A gateway that can lose connections at any moment, as the tests of resumption need it.

import type { Socket } from "../connection";
import { element, parse, serialize, type XmlElement } from "../xml";

/** How long a frame travels, in ms. */
const LATENCY = 5;

/** A request that was accepted. */
export interface Accepted {
  name: string;
  id: string;
  document: XmlElement;
}

export class FakeServer {
  /** Requests other than `noop`, as they were accepted. */
  readonly accepted: Accepted[] = [];
  noops = 0;
  logins: string[] = [];
  /** The numbers that were acknowledged. */
  readonly acknowledged: number[] = [];
  sockets: FakeSocket[] = [];
  /** Frames that have reached either side. */
  delivered = 0;
  /** After so many frames the connection is cut. */
  cutAt = Number.POSITIVE_INFINITY;
  /** Whether connections can be made. */
  isReachable = true;
  isTicketValid = true;
  /** Answers nothing any more, and closes nothing either. */
  isSilent = false;
  /** What a request is answered with, before its response. */
  answer: (request: Accepted) => string[] = () => [];
  session: FakeSession | undefined;
  #sessions = 0;

  readonly open = (): Socket => {
    const socket = new FakeSocket(this);
    this.sockets.push(socket);
    return socket;
  };

  /** Sends a message that nobody asked for. */
  notify(name: string, attributes: Record<string, string> = {}): void {
    this.session?.push((seq) => element(name, { seq, ...attributes }));
  }

  /** The session ends without anybody being told. */
  forget(): void {
    this.session = undefined;
  }

  /** The connection is lost with all that is on its way. */
  cut(): void {
    for (const socket of this.sockets) socket.cut();
  }

  receive(socket: FakeSocket, text: string): void {
    const root = parse(text);
    const id = root.attributes.get("id") ?? "";
    if (root.name === "login") this.#login(socket, root, id);
    else if (root.name === "resume") this.#resume(socket, root, id);
    else if (socket === this.session?.socket) this.#request(this.session, root, id);
  }

  #login(socket: FakeSocket, root: XmlElement, id: string): void {
    const who = root.attributes.get("ticket") ?? root.attributes.get("password") ?? "";
    this.logins.push(who);
    if (who === "wrong" || (who === "ticket" && !this.isTicketValid)) {
      socket.deliver(refusal(id, "515"));
      return;
    }
    this.#sessions += 1;
    this.session = new FakeSession(`s${this.#sessions}`, socket);
    this.#greet(socket, id, {});
  }

  #resume(socket: FakeSocket, root: XmlElement, id: string): void {
    const { session } = this;
    if (!this.isTicketValid) socket.deliver(refusal(id, "515"));
    else if (session === undefined || session.urlID !== root.attributes.get("urlID")) {
      socket.deliver(refusal(id, "512"));
    } else {
      session.socket = socket;
      this.#greet(socket, id, { requests: String(session.requests) });
      session.resend(Number(root.attributes.get("ackSeq")));
    }
  }

  #greet(socket: FakeSocket, id: string, more: Record<string, string>): void {
    const urlID = this.session?.urlID ?? "";
    const session = { id, urlID, userName: "a@b", version: "6.2.0", ticket: "ticket", ...more };
    socket.deliver(element("session", session));
    socket.deliver(element("response", { id }));
  }

  #request(session: FakeSession, root: XmlElement, id: string): void {
    session.requests += 1;
    const ackSeq = root.attributes.get("ackSeq");
    if (ackSeq !== undefined) {
      this.acknowledged.push(Number(ackSeq));
      session.acknowledge(Number(ackSeq));
    }
    const request = { name: root.name, id, document: root };
    if (request.name === "noop") this.noops += 1;
    else this.accepted.push(request);
    for (const data of this.answer(request)) {
      const message = parse(data);
      session.push((seq) => {
        message.attributes = new Map([["seq", seq], ["id", id], ...message.attributes]);
        return serialize(message);
      });
    }
    session.push((seq) => element("response", { seq, id }));
  }
}

class FakeSession {
  requests = 0;
  #dropped = 0;
  readonly #kept: string[] = [];

  constructor(
    readonly urlID: string,
    public socket: FakeSocket,
  ) {}

  push(write: (seq: string) => string): void {
    const text = write(String(this.#dropped + this.#kept.length + 1));
    this.#kept.push(text);
    this.socket.deliver(text);
  }

  acknowledge(number: number): void {
    if (number < this.#dropped || number > this.#dropped + this.#kept.length) throw new Error("never sent");
    this.#kept.splice(0, number - this.#dropped);
    this.#dropped = number;
  }

  resend(received: number): void {
    this.acknowledge(received);
    for (const text of this.#kept) this.socket.deliver(text);
  }
}

export class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  #isCut = false;

  constructor(private readonly server: FakeServer) {
    setTimeout(() => {
      if (server.isReachable) this.onopen?.();
      else this.cut();
    }, LATENCY);
  }

  send(text: string): void {
    this.#travel(() => {
      if (!this.server.isSilent) this.server.receive(this, text);
    });
  }

  deliver(text: string): void {
    this.#travel(() => {
      if (!this.server.isSilent) this.onmessage?.({ data: text });
    });
  }

  close(): void {
    this.#isCut = true;
  }

  cut(): void {
    if (this.#isCut) return;
    this.#isCut = true;
    setTimeout(() => this.onclose?.(), LATENCY);
  }

  #travel(arrive: () => void): void {
    setTimeout(() => {
      if (this.#isCut) return;
      arrive();
      this.server.delivered += 1;
      if (this.server.delivered === this.server.cutAt) this.server.cut();
    }, LATENCY);
  }
}

function refusal(id: string, errorNum: string): string {
  return element("response", { id, errorText: "no", errorNum });
}
