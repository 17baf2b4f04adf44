// What is seen of one call, and what can be done with it?

import type { Call } from "../../sdk";
import { fill, h, type IconName, iconButton, setAttribute } from "../dom";
import { hue, initials } from "../format";
import { callState } from "../words";
import { type Desk, isMissed, type Line } from "./desk";
import { keypad } from "./keypad";

/** What is done with a call by who shows it: it may come to nothing. */
export interface CardUser {
  answer(call: Call): void;
  /** Ends the call, if it has not ended, and calls the same person. */
  callAgain(call: Call): void;
}

export class CallCard {
  readonly element: HTMLElement;
  readonly #state = h("div", { class: "call-state", "data-test": "call-state" });
  readonly #name = h("strong", { "data-test": "call-peer" });
  readonly #address = h("span", { class: "muted" });
  readonly #badge = h("span", { class: "badge", "aria-hidden": "true" });
  readonly #buttons = h("div", { class: "call-buttons" });
  readonly #keypad: HTMLElement;
  #drawn = "";

  constructor(
    private readonly line: Line,
    private readonly desk: Desk,
    private readonly user: CardUser,
  ) {
    this.#keypad = keypad((tone) => line.call.sendTones(tone));
    this.#keypad.hidden = true;
    this.element = h(
      "article",
      {
        class: "call",
        "data-test": "call",
        "data-leg": line.call.leg,
        onkeydown: (event: KeyboardEvent) => this.#key(event),
      },
      this.#badge,
      h("div", { class: "call-who" }, h("div", {}, this.#name, " ", this.#address), this.#state),
      this.#buttons,
      this.#keypad,
    );
    this.draw();
  }

  /** Shows the call as it is now. */
  draw(): void {
    const { call, isInFront, wantsMute } = this.line;
    const { name } = call.state;
    const who = call.peerName ?? call.peer;
    this.#name.textContent = who;
    this.#address.textContent = call.peerName === undefined ? "" : call.peer;
    this.#badge.textContent = initials(who);
    this.#badge.style.setProperty("--hue", String(hue(call.peer)));
    this.tick();
    setAttribute(this.element, "data-state", name);
    setAttribute(this.element, "data-sound", call.sound);
    setAttribute(this.element, "data-front", isInFront && "true");
    if (name === "ended") this.#keypad.hidden = true;
    const isAlone = this.desk.lines().filter((other) => other.call.state.name === "connected").length < 2;
    const drawn = `${name} ${isInFront} ${wantsMute} ${isAlone} ${call.sound} ${this.#keypad.hidden}`;
    // Buttons stay where they are: one of them may be pressed or have the focus.
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#drawButtons(isAlone);
  }

  /** Shows the time. */
  tick(): void {
    const { call, isInFront } = this.line;
    const isAside = call.state.name === "connected" && !isInFront && call.sound !== "left";
    const state = callState(call, Date.now());
    const text = isAside ? `${state} · aside, neither side is heard` : state;
    if (text !== this.#state.textContent) this.#state.textContent = text;
  }

  #drawButtons(isAlone: boolean): void {
    const focused = this.#buttons.querySelector(":focus")?.getAttribute("data-test");
    fill(this.#buttons, ...this.#buttonsFor(isAlone));
    if (focused) this.#buttons.querySelector<HTMLElement>(`[data-test="${focused}"]`)?.focus();
  }

  #buttonsFor(isAlone: boolean): HTMLElement[] {
    const { call, isInFront } = this.line;
    switch (call.state.name) {
      case "incoming":
        return [
          button("hangUp", "Decline", "bad", "decline", () => call.reject(), true),
          button("phone", "Answer", "good", "answer", () => this.user.answer(call), true),
        ];
      case "preparing":
      case "calling":
      case "ringing":
      case "answering":
        return [button("hangUp", "Hang up", "bad", "hang-up", () => call.hangUp(), true)];
      case "connected": {
        const hangUp = button("hangUp", "Hang up", "bad", "hang-up", () => call.hangUp(), true);
        if (call.sound === "left" || call.sound === "failed") return [this.#again("Call again"), hangUp];
        if (!isInFront) {
          const label = isAlone ? "Talk" : "Switch";
          return [button("swap", label, "", "switch", () => this.desk.toFront(call), true), hangUp];
        }
        return [this.#mute(), this.#keys(), hangUp];
      }
      case "ended": {
        const close = button("close", "Close", "quiet", "dismiss", () => this.desk.dismiss(call));
        return isMissed(call) ? [this.#again("Call back"), close] : [close];
      }
    }
  }

  #again(label: string): HTMLElement {
    return button("phone", label, "good", "call-again", () => this.user.callAgain(this.line.call), true);
  }

  #key(event: KeyboardEvent): void {
    if (event.key !== "Escape" || this.#keypad.hidden) return;
    this.#openKeypad(false);
    this.#buttons.querySelector<HTMLElement>('[aria-expanded="false"]')?.focus();
  }

  #openKeypad(isOpen: boolean): void {
    this.#keypad.hidden = !isOpen;
    this.draw();
  }

  #mute(): HTMLElement {
    const { call, wantsMute } = this.line;
    const [name, label]: [IconName, string] = wantsMute ? ["microphoneOff", "Unmute"] : ["microphone", "Mute"];
    const mute = button(name, label, "quiet", "mute", () => this.desk.mute(call, !wantsMute));
    mute.setAttribute("aria-pressed", String(wantsMute));
    return mute;
  }

  #keys(): HTMLElement {
    const isOpen = !this.#keypad.hidden;
    const keys = button("keypad", "Keypad", "quiet", "keypad-button", () => {
      this.#openKeypad(!isOpen);
      if (!isOpen) this.#keypad.querySelector("button")?.focus();
    });
    keys.setAttribute("aria-expanded", String(isOpen));
    return keys;
  }
}

function button(
  name: IconName,
  label: string,
  kind: string,
  test: string,
  onclick: () => void,
  withText = false,
): HTMLButtonElement {
  return iconButton(name, label, { class: kind, "data-test": test, onclick }, withText);
}
