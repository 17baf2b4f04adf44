// How do descriptions get into a peer connection, and out of it?
//
// An offer goes out at once: the gateway is ICE-lite with a known address and needs no candidates of ours.

import { Events } from "./events";

export interface NegotiationEvents {
  /** Sound of the other side has come to be. */
  stream: MediaStream;
  state: RTCPeerConnectionState;
}

export type NewPeerConnection = () => RTCPeerConnection;

const newPeerConnection: NewPeerConnection = () => new RTCPeerConnection({ bundlePolicy: "max-bundle" });

export class Negotiation extends Events<NegotiationEvents> {
  readonly #peer: RTCPeerConnection;
  #answer: string | undefined;

  constructor(create: NewPeerConnection = newPeerConnection) {
    super();
    this.#peer = create();
    this.#peer.ontrack = ({ track, streams }) => this.emit("stream", streams[0] ?? new MediaStream([track]));
    this.#peer.onconnectionstatechange = () => this.emit("state", this.#peer.connectionState);
  }

  /** An offer to send what the microphone hears. */
  async offer(microphone: MediaStream): Promise<string> {
    this.#send(microphone);
    await this.#peer.setLocalDescription(await this.#peer.createOffer());
    return this.#local();
  }

  /** The answer to an offer; the first one names the microphone. */
  async answer(offer: string, microphone?: MediaStream): Promise<string> {
    await this.#peer.setRemoteDescription({ type: "offer", sdp: offer });
    // Only now: it takes the place that the offer has made for it.
    if (microphone !== undefined) this.#send(microphone);
    await this.#peer.setLocalDescription(await this.#peer.createAnswer());
    return this.#local();
  }

  /** Takes an answer to our offer. There may be several: of each device that rings, and then of the one that
   * answers the call (RFC 3261 §13.2.1). */
  async takeAnswer(answer: string): Promise<void> {
    if (answer === this.#answer) return;
    // A peer connection takes one answer to an offer, and not all browsers know provisional ones. So the same is
    // offered anew, to ourselves alone.
    if (this.#peer.signalingState === "stable") {
      await this.#peer.setLocalDescription(await this.#peer.createOffer());
    }
    await this.#peer.setRemoteDescription({ type: "answer", sdp: answer });
    this.#answer = answer;
  }

  /** Sends the sound of another microphone from now on. */
  async replaceMicrophone(microphone: MediaStream): Promise<void> {
    await this.#sender()?.replaceTrack(microphone.getAudioTracks()[0] ?? null);
  }

  /** What sends DTMF; `undefined` as long as it cannot be sent. */
  dtmf(): RTCDTMFSender | undefined {
    const dtmf = this.#sender()?.dtmf;
    return dtmf?.canInsertDTMF ? dtmf : undefined;
  }

  close(): void {
    this.#peer.ontrack = null;
    this.#peer.onconnectionstatechange = null;
    this.#peer.close();
  }

  #send(microphone: MediaStream): void {
    for (const track of microphone.getAudioTracks()) this.#peer.addTrack(track, microphone);
  }

  #sender(): RTCRtpSender | undefined {
    return this.#peer.getSenders()[0];
  }

  #local(): string {
    return this.#peer.localDescription?.sdp ?? "";
  }
}

/** What this browser can do with media, as a description. */
export async function capabilities(create: NewPeerConnection = newPeerConnection): Promise<string> {
  const peer = create();
  peer.addTransceiver("audio");
  const { sdp } = await peer.createOffer();
  peer.close();
  return sdp ?? "";
}
