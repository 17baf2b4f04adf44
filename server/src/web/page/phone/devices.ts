// Which microphone and which speaker does the user want?

import { type Device, listDevices, watchDevices } from "../../sdk";
import { fill, h, iconButton } from "../dom";
import { type ChosenDevices, chooseDevices, chosenDevices } from "../storage";
import { askForNotices, canAskForNotices } from "./notice";

/** A dialog to choose devices in. `chosen` is called when another was chosen. */
export class DeviceDialog {
  readonly element: HTMLDialogElement;
  readonly #choices = h("div", { class: "choices" });

  constructor(private readonly chosen: () => void) {
    this.element = h(
      "dialog",
      { class: "dialog", "aria-labelledby": "devices-title", "data-test": "devices" },
      h(
        "header",
        {},
        h("h2", { id: "devices-title" }, "Sound and notices"),
        iconButton("close", "Close", {
          class: "quiet",
          onclick: () => this.element.close(),
          "data-test": "devices-close",
        }),
      ),
      this.#choices,
    );
    watchDevices(() => void this.#draw());
  }

  async open(): Promise<void> {
    await this.#draw();
    this.element.showModal();
  }

  async #draw(): Promise<void> {
    const { microphones, speakers } = await listDevices();
    const { microphone, speaker } = chosenDevices();
    const isUnnamed = microphones.every(({ label }) => label === "");
    fill(
      this.#choices,
      this.#choice("Microphone", "microphone", microphones, microphone),
      speakers.length > 0
        ? this.#choice("Speaker", "speaker", speakers, speaker)
        : h("p", { class: "muted" }, "This browser plays calls over the speaker that the system has chosen."),
      isUnnamed &&
        h(
          "p",
          { class: "muted" },
          "Devices have their names here once a microphone was allowed: call somebody, or the echo.",
        ),
      canAskForNotices() &&
        h(
          "button",
          {
            type: "button",
            "data-test": "allow-notices",
            onclick: () => void askForNotices().then(() => this.#draw()),
          },
          "Tell me of calls while I look at something else",
        ),
    );
  }

  #choice(label: string, kind: keyof ChosenDevices, devices: Device[], current: string | undefined): HTMLElement {
    const options = devices.map((device, i) => {
      const selected = device.id === current;
      return h("option", { value: device.id, selected }, device.label || `${label} ${i + 1}`);
    });
    const select = h(
      "select",
      {
        "data-test": kind,
        onchange: () => {
          const { [kind]: _, ...others } = chosenDevices();
          chooseDevices(select.value === "" ? others : { ...others, [kind]: select.value });
          this.chosen();
        },
      },
      h("option", { value: "" }, "As the system has it"),
      ...options,
    );
    return h("label", { class: "field" }, h("span", {}, label), select);
  }
}
