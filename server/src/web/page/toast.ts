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
}

export class Toasts {
  /** A live region: what is put into it is read out. */
  readonly element = h("div", { class: "toasts", role: "status", "aria-live": "polite", "data-test": "toasts" });
  #current: { action: (() => void) | undefined; close: (isTaken: boolean) => void } | undefined;

  /** Says it, in the place of what was said before. */
  say({ text, isBad = false, action, gone, lasts = LASTS }: Toast): void {
    this.#current?.close(false);
    const timer = setTimeout(() => close(false), lasts);
    const run = action && (() => {
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
      if (this.#current !== current) return;
      this.#current = undefined;
      clearTimeout(timer);
      element.remove();
      if (!isTaken) gone?.();
    };
    const current = { action: run, close };
    this.#current = current;
    this.element.append(element);
  }

  /** Does what the button would; whether there is one. */
  undo(): boolean {
    const action = this.#current?.action;
    action?.();
    return action !== undefined;
  }

  /** Whatever waits for the end of it does not wait any more. */
  flush(): void {
    this.#current?.close(false);
  }
}
