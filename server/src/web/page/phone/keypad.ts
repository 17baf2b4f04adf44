// Which tones does the user want to send?

import { h } from "../dom";

const KEYS = [
  ["1", ""],
  ["2", "abc"],
  ["3", "def"],
  ["4", "ghi"],
  ["5", "jkl"],
  ["6", "mno"],
  ["7", "pqrs"],
  ["8", "tuv"],
  ["9", "wxyz"],
  ["*", ""],
  ["0", "+"],
  ["#", ""],
] as const;

const NAMES: Record<string, string> = { "*": "star", "#": "hash" };

/** Twelve keys, for the mouse and for the keyboard; shows what was sent. */
export function keypad(send: (tone: string) => void): HTMLElement {
  const sent = h("output", { class: "keypad-sent", "aria-label": "Tones sent", "data-test": "tones" });
  const press = (tone: string) => {
    send(tone);
    sent.textContent = `${sent.textContent}${tone}`.slice(-20);
  };
  const keys = KEYS.map(([tone, letters]) =>
    h(
      "button",
      {
        type: "button",
        class: "key",
        "aria-label": NAMES[tone],
        "data-test": `key-${tone}`,
        onclick: () => press(tone),
      },
      h("span", {}, tone),
      letters !== "" && h("small", { "aria-hidden": "true" }, letters),
    ),
  );
  return h(
    "div",
    {
      class: "keypad",
      role: "group",
      "aria-label": "Keypad: type digits, star or hash",
      "data-test": "keypad",
      onkeydown: (event: KeyboardEvent) => {
        if (event.ctrlKey || event.metaKey || event.altKey || !/^[0-9*#]$/.test(event.key)) return;
        event.preventDefault();
        press(event.key);
      },
    },
    sent,
    h("div", { class: "keys" }, ...keys),
  );
}
