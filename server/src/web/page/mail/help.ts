// Which keys are there, for people?

import { modal } from "../dialog";
import { h } from "../dom";
import { keyName, KEYS, MORE_KEYS } from "./keys";

export function showHelp(): void {
  const all = [...KEYS, ...MORE_KEYS];
  const rows = all.flatMap(({ keys, does }) => [
    h("dt", {}, ...keys.map((key) => h("kbd", {}, keyName(key)))),
    h("dd", {}, does),
  ]);
  modal("Keys", h("dl", { class: "help-keys", tabindex: 0 }, ...rows), "help");
}
