// How does a connection come to carry a session?

import { RequestError } from "./errors";
import { type Messages, requests } from "./protocol";
import { encode, type Frame } from "./wire";

/** Who a client says it is. */
export type Introduction =
  | { kind: "password"; account: string; password: string }
  | { kind: "ticket"; ticket: string }
  /** The same session as before; if it has ended, a new one by its ticket. */
  | { kind: "resume"; urlID: string; ticket: string; received: number };

/** What a frame has led to. */
export type Outcome =
  | { kind: "wait" }
  /** Something else has to be tried. */
  | { kind: "send"; text: string }
  /** There is a new session. */
  | { kind: "begun"; session: Messages["session"] }
  /** The session goes on; the server has accepted so many of its requests. */
  | { kind: "resumed"; session: Messages["session"]; accepted: number }
  | { kind: "refused"; error: RequestError };

/** The ticket or the password is not accepted; no later try will be. */
export const NOT_AUTHENTICATED = 515;

/** The exchange that a connection begins with. */
export class Greeting {
  #asked: "login" | "resume" = "login";
  #session: Messages["session"] | undefined;

  constructor(private readonly introduction: Introduction) {}

  /** What the client says first. */
  begin(): string {
    const { introduction } = this;
    switch (introduction.kind) {
      case "password":
        return login({ authData: introduction.account, password: introduction.password });
      case "ticket":
        return login({ ticket: introduction.ticket });
      case "resume": {
        this.#asked = "resume";
        const { urlID, ticket, received } = introduction;
        return encode("resume", requests.resume, { urlID, ticket, ackSeq: received }, { id: "resume" });
      }
    }
  }

  /** What the server says to it. */
  handle({ message }: Frame): Outcome {
    if (message?.name === "session") this.#session = message.value;
    if (message?.name !== "response") return { kind: "wait" };
    const { errorText, errorNum } = message.value;
    if (errorText !== undefined || this.#session === undefined) {
      return this.#failed(errorText ?? "the server has named no session", errorNum ?? 500);
    }
    if (this.#asked === "login") return { kind: "begun", session: this.#session };
    return { kind: "resumed", session: this.#session, accepted: this.#session.requests ?? 0 };
  }

  #failed(errorText: string, errorNum: number): Outcome {
    if (this.#asked === "resume" && errorNum !== NOT_AUTHENTICATED && this.introduction.kind === "resume") {
      this.#asked = "login";
      return { kind: "send", text: login({ ticket: this.introduction.ticket }) };
    }
    return { kind: "refused", error: new RequestError(this.#asked, errorText, errorNum) };
  }
}

function login(who: { authData: string; password: string } | { ticket: string }): string {
  return encode("login", requests.login, { ...who, numbered: true }, { id: "login" });
}
