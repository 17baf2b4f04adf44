// How does the user call and is called?

import { type Call, type Session, SessionEnded } from "../../sdk";
import { fill, h, iconButton } from "../dom";
import { announcement, MICROPHONE_PROBLEMS, problem } from "../words";
import { CallCard } from "./card";
import { Desk, type Line } from "./desk";
import { DeviceDialog } from "./devices";
import { CallNotices } from "./notice";
import { Ringer, type Ringing } from "./ringer";

export class Phone {
  /** Where an address is dialled. */
  readonly element: HTMLElement;
  /** The calls there are, and what is wrong with calling: to be seen whatever is looked at. */
  readonly calls: HTMLElement;
  readonly #desk: Desk;
  readonly #devices: DeviceDialog;
  readonly #ringer = new Ringer();
  readonly #notices = new CallNotices();
  readonly #cards = new Map<Call, CallCard>();
  readonly #list = h("div", { class: "calls", role: "group", "aria-label": "Calls", "data-test": "calls" });
  readonly #notice = h("p", { class: "notice bad", role: "alert", hidden: true, "data-test": "phone-problem" });
  /** For those who do not see the cards: they hear what has changed, but not each second. */
  readonly #spoken = h("p", { class: "spoken", role: "status" });
  readonly #address: HTMLInputElement;

  constructor(
    private readonly session: Session,
    private readonly changed: (calls: { waiting: Call[]; underWay: number }) => void,
  ) {
    this.#desk = new Desk(session);
    this.#devices = new DeviceDialog(() => void this.#desk.useDevices().catch((error) => this.#say(problem(error))));
    const domain = session.client.identity?.userName.split("@")[1] ?? "localhost";
    this.#address = h("input", {
      name: "address",
      type: "text",
      required: true,
      autocomplete: "off",
      autocapitalize: "none",
      spellcheck: "false",
      placeholder: `name@${domain}`,
      "aria-label": "Whom to call",
      "data-test": "dial-address",
    });
    this.element = this.#panel(domain);
    this.calls = h("section", { "aria-label": "Calls" }, this.#notice, this.#list, this.#spoken);
    this.#desk.on("changed", () => this.#draw());
    setInterval(() => {
      for (const card of this.#cards.values()) card.tick();
    }, 500);
    this.#draw();
  }

  /** Lets calls come in. */
  async start(): Promise<void> {
    await this.#try(this.session.calls.bind());
  }

  #panel(domain: string): HTMLElement {
    const echo = `echo@${domain}`;
    return h(
      "section",
      { class: "phone", "aria-label": "Telephone" },
      h(
        "div",
        { class: "phone-title" },
        h("h2", {}, "Telephone"),
        iconButton("sliders", "Sound and notices", {
          class: "quiet",
          "data-test": "open-devices",
          onclick: () => void this.#devices.open(),
        }),
      ),
      h(
        "form",
        { class: "dial", onsubmit: (event: SubmitEvent) => this.#dial(event) },
        this.#address,
        iconButton("phone", "Call", { type: "submit", class: "good", "data-test": "dial" }),
      ),
      h(
        "p",
        { class: "muted hint" },
        "To hear yourself, call ",
        h("button", { type: "button", class: "link", onclick: () => this.#suggest(echo) }, echo),
        ".",
      ),
      !window.isSecureContext && h("p", { class: "notice bad", "data-test": "insecure" }, MICROPHONE_PROBLEMS.insecure),
      this.#devices.element,
    );
  }

  #suggest(address: string): void {
    this.#address.value = address;
    this.#address.focus();
  }

  #dial(event: SubmitEvent): void {
    event.preventDefault();
    const address = this.#address.value.trim();
    if (address === "") return;
    void this.#try(this.#desk.call(address)).then((isDone) => {
      if (isDone) this.#address.value = "";
    });
  }

  async #try(request: Promise<void>): Promise<boolean> {
    this.#say(undefined);
    try {
      await request;
      return true;
    } catch (error) {
      // The page says so by itself when the session is gone.
      if (!(error instanceof SessionEnded)) this.#say(problem(error));
      return false;
    }
  }

  #say(text: string | undefined): void {
    this.#notice.hidden = text === undefined;
    const close = iconButton("close", "Close", { class: "quiet", onclick: () => this.#say(undefined) });
    fill(this.#notice, h("span", {}, text ?? ""), close);
  }

  #draw(): void {
    const lines = this.#desk.lines();
    const known = new Set(lines.map(({ call }) => call));
    for (const [call, card] of this.#cards) {
      if (known.has(call)) continue;
      card.element.remove();
      this.#cards.delete(call);
    }
    for (const line of lines) {
      const card = this.#cards.get(line.call);
      if (card === undefined) this.#addCard(line);
      else card.draw();
    }
    const waiting = lines.map(({ call }) => call).filter((call) => call.state.name === "incoming");
    const spoken = lines.map(({ call }) => announcement(call)).join(" ");
    if (spoken !== this.#spoken.textContent) this.#spoken.textContent = spoken;
    this.#ringer.ring(ringingOf(lines));
    this.#notices.show(waiting);
    const underWay = lines.filter(({ call }) => call.state.name !== "ended").length;
    this.changed({ waiting, underWay });
  }

  #addCard(line: Line): void {
    const card = new CallCard(line, this.#desk, {
      answer: (call) => void this.#try(this.#desk.answer(call)),
      callAgain: (call) => void this.#try(this.#desk.callAgain(call)),
    });
    this.#cards.set(line.call, card);
    this.#list.append(card.element);
  }
}

/** What is to be heard. */
function ringingOf(lines: Line[]): Ringing | undefined {
  const has = (name: Call["state"]["name"]) => lines.some(({ call }) => call.state.name === name);
  if (has("incoming")) return has("connected") ? "waiting" : "incoming";
  // With early media the other side makes its own tone.
  const rings = lines.some(({ call }) => call.state.name === "ringing" && call.remote === undefined);
  return rings ? "outgoing" : undefined;
}
