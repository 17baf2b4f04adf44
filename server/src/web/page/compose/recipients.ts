// How are the addresses of a field written? By hand, or completed from those that are known.

import { fill, h } from "../dom";
import { type Address, lastPiece, writeAddress } from "./address";
import type { Field } from "./draft";

export interface Recipients {
  /** The line of the form. */
  element: HTMLElement;
  input: HTMLInputElement;
  /** Says what is wrong with it, or that nothing is. */
  say(problem: string | undefined): void;
}

/** The field of this name. `find` has the people whose names or addresses begin so. */
export function recipients(field: Field, label: string, find: (text: string) => Address[], changed: () => void): Recipients {
  let offered: Address[] = [];
  let at = 0;
  const list = h("div", { class: "offers", role: "listbox", id: `offers-${field}`, "aria-label": "Known addresses", hidden: true });
  const bad = h("p", { class: "field-problem", role: "alert", id: `problem-${field}`, hidden: true, "data-test": "field-problem" });
  const take = (person: Address | undefined) => {
    if (person === undefined) return;
    const { before } = lastPiece(input.value);
    input.value = `${before}${before === "" ? "" : " "}${writeAddress(person)}, `;
    offer([]);
    changed();
  };
  const offer = (people: Address[]) => {
    offered = people;
    at = Math.min(at, Math.max(0, people.length - 1));
    list.hidden = people.length === 0;
    input.setAttribute("aria-expanded", String(people.length > 0));
    if (people.length > 0) input.setAttribute("aria-activedescendant", `offer-${field}-${at}`);
    else input.removeAttribute("aria-activedescendant");
    fill(list, ...people.map((person, i) => option(person, i)));
  };
  const option = (person: Address, i: number) =>
    h(
      "div",
      {
        class: "offer",
        role: "option",
        id: `offer-${field}-${i}`,
        "aria-selected": String(i === at),
        "data-test": "offer",
        // Before the field loses the focus.
        onpointerdown: (event: PointerEvent) => event.preventDefault(),
        onclick: () => take(person),
      },
      person.realName !== undefined && h("strong", {}, person.realName),
      h("span", { class: "muted" }, person.address),
    );
  const input = h("input", {
    type: "text",
    id: `compose-${field}`,
    role: "combobox",
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
    "aria-expanded": "false",
    "aria-controls": `offers-${field}`,
    "aria-describedby": `problem-${field}`,
    "data-test": `compose-${field}`,
    oninput: () => {
      at = 0;
      offer(find(lastPiece(input.value).piece));
      changed();
    },
    onblur: () => offer([]),
    onkeydown: (event: KeyboardEvent) => {
      if (offered.length === 0) return;
      if (event.key === "ArrowDown") at = (at + 1) % offered.length;
      else if (event.key === "ArrowUp") at = (at + offered.length - 1) % offered.length;
      else if (event.key === "Enter" || event.key === "Tab") return stop(event, () => take(offered[at]));
      else if (event.key === "Escape") return stop(event, () => offer([]));
      else return;
      stop(event, () => offer(offered));
    },
  });
  const stop = (event: KeyboardEvent, act: () => void) => {
    event.preventDefault();
    event.stopPropagation();
    act();
  };
  const element = h(
    "div",
    { class: "compose-line" },
    h("label", { for: `compose-${field}` }, label),
    h("div", { class: "compose-field" }, input, list, bad),
  );
  const say = (problem: string | undefined) => {
    bad.hidden = problem === undefined;
    bad.textContent = problem ?? "";
    input.setAttribute("aria-invalid", String(problem !== undefined));
  };
  return { element, input, say };
}
