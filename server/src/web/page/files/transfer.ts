// How far is a file on its way to the server?

import type { Progress } from "../../sdk";
import { h, icon, iconButton } from "../dom";
import { size } from "../format";
import { problem } from "../words";

export class Transfer {
  readonly element: HTMLElement;
  readonly #bar = h("progress", { max: 1, value: 0 });
  readonly #text = h("span", { class: "muted" });
  readonly #button: HTMLButtonElement;
  readonly #stop = new AbortController();
  readonly options = {
    signal: this.#stop.signal,
    onProgress: (progress: Progress) => this.#progress(progress),
  };

  constructor(name: string) {
    this.#button = iconButton("close", `Stop ${name}`, {
      class: "quiet",
      "data-test": "stop",
      onclick: () => this.#cancel(),
    });
    this.#bar.setAttribute("aria-label", `Uploading ${name}`);
    this.element = h(
      "li",
      { class: "file transfer", "data-test": "uploading" },
      icon("upload"),
      h("span", { class: "file-name" }, name),
      this.#text,
      this.#button,
      this.#bar,
    );
  }

  /** Says why it came to nothing. */
  failed(error: unknown): void {
    if (this.#stop.signal.aborted) {
      this.element.remove();
      return;
    }
    this.#bar.remove();
    this.#button.setAttribute("aria-label", "Close");
    this.#button.title = "Close";
    this.#text.textContent = problem(error);
    this.element.classList.add("bad");
    this.element.setAttribute("role", "alert");
  }

  #progress({ done, total }: Progress): void {
    if (total === undefined || total === 0) this.#bar.removeAttribute("value");
    else this.#bar.value = done / total;
    this.#text.textContent = total === undefined ? size(done) : `${size(done)} of ${size(total)}`;
  }

  #cancel(): void {
    this.#stop.abort();
    this.element.remove();
  }
}
