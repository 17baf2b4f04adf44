// What has happened, and can it be undone?

import { h, iconButton } from "./dom";

/** How long it can be undone, in ms. */
const LASTS = 8_000;

export interface Toast {
  text: string;
  isBad?: boolean;
  /** What the button says, and what it does. */
  action?: { label: string; run: () => void };
  /** Called when it goes without the action having been taken. */
  gone?: () => void;
  /** How long it stays, in ms. */
  lasts?: number;
  /** Whether it stays so long whatever else is said meanwhile. */
  isLasting?: boolean;
}

interface Shown {
  isLasting: boolean;
  action: (() => void) | undefined;
  close: (isTaken: boolean) => void;
}

export class Toasts {
  /** A live region: what is put into it is read out. */
  readonly element = h("div", { class: "toasts", role: "status", "aria-live": "polite", "data-test": "toasts" });
  #shown: Shown[] = [];

  /** Says it, in the place of what was said before. */
  say({ text, isBad = false, action, gone, lasts = LASTS, isLasting = false }: Toast): void {
    for (const { close } of this.#shown.filter((shown) => !shown.isLasting)) close(false);
    const timer = setTimeout(() => close(false), lasts);
    const run =
      action &&
      (() => {
        close(true);
        action.run();
      });
    const element = h(
      "div",
      { class: isBad ? "toast bad" : "toast", "data-test": "toast" },
      h("span", { class: "toast-text" }, text),
      run && h("button", { type: "button", "data-test": "toast-action", onclick: run }, action?.label ?? ""),
      iconButton("close", "Dismiss", { class: "quiet", onclick: () => close(false) }),
    );
    const close = (isTaken: boolean) => {
      if (!this.#shown.includes(shown)) return;
      this.#shown = this.#shown.filter((each) => each !== shown);
      clearTimeout(timer);
      element.remove();
      if (!isTaken) gone?.();
    };
    const shown = { isLasting, action: run, close };
    this.#shown.push(shown);
    this.element.append(element);
  }

  /** Does what the button would, the last one that is there; whether there is one. */
  undo(): boolean {
    const action = this.#shown.findLast((shown) => shown.action !== undefined)?.action;
    action?.();
    return action !== undefined;
  }
}
