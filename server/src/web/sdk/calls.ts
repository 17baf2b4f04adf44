// Which calls does a session have?

import { Call } from "./call";
import type { CallMessage, SavedCall } from "./call-state";
import type { Client } from "./client";
import { Events } from "./events";
import { capabilities } from "./negotiation";
import type { Requests } from "./protocol";

export interface CallsEvents {
  /** Somebody calls. */
  incoming: Call;
  /** A call has come, gone or changed. */
  changed: undefined;
}

/** What a page that is loaded again needs to know of calls. */
export interface SavedCalls {
  calls: SavedCall[];
  /** How many were made here. */
  made: number;
}

const MESSAGES: CallMessage["name"][] = [
  "callProvisioned",
  "callConnected",
  "callUpdated",
  "callUpdateRequest",
  "callDisconnected",
];

export class Calls extends Events<CallsEvents> {
  readonly #byLeg = new Map<string, Call>();
  #made = 0;
  /** What `signalBind` was given; a new session is bound in the same way. */
  #binding: Requests["signalBind"] | undefined;

  constructor(private readonly client: Client) {
    super();
    for (const name of MESSAGES) {
      client.on(name, (value) => this.#byLeg.get(value.callLeg)?.handle({ name, value } as CallMessage));
    }
    client.on("callIncoming", ({ callLeg: leg, peer, peerName, sdp }) => {
      const optional = { ...(peerName !== undefined && { peerName }), ...(sdp !== undefined && { offer: sdp }) };
      const call = this.#add({ leg, direction: "incoming", peer, state: "incoming", ...optional });
      call.provision();
      this.emit("incoming", call);
    });
    client.on("renewed", () => {
      for (const call of this.list()) call.lost();
      if (this.#binding !== undefined) client.request("signalBind", this.#binding).catch(() => {});
    });
  }

  /** All calls that have not ended. */
  list(): Call[] {
    return [...this.#byLeg.values()];
  }

  /** Lets calls come in. Does nothing in a browser that cannot make calls. */
  async bind(): Promise<void> {
    if (typeof RTCPeerConnection === "undefined") return;
    this.#binding = { sdp: await capabilities() };
    await this.client.request("signalBind", this.#binding);
  }

  /** Calls somebody: an e-mail address or a SIP URI. The call is there at once; how it goes on is told by its events. */
  start(peer: string): Call {
    this.#made += 1;
    return this.#add({ leg: `out${this.#made}`, direction: "outgoing", peer, state: "preparing" });
  }

  /** What `restore` will need. */
  save(): SavedCalls {
    const calls = this.list()
      .map((call) => call.save())
      .filter((saved) => saved !== undefined);
    return { calls, made: this.#made };
  }

  /** The calls of a page that was left. Those that were answered go on without sound. */
  restore({ calls, made }: SavedCalls): void {
    this.#made = made;
    for (const saved of calls) this.#add(saved);
  }

  #add(saved: ConstructorParameters<typeof Call>[1]): Call {
    const call = new Call(this.client, saved);
    this.#byLeg.set(call.leg, call);
    call.on("changed", () => {
      if (call.state.name === "ended" && this.#byLeg.get(call.leg) === call) this.#byLeg.delete(call.leg);
      this.emit("changed", undefined);
    });
    this.emit("changed", undefined);
    return call;
  }
}
