// Into which mailbox?

import { modal } from "../dialog";
import { fill, h, icon } from "../dom";
import { linesOf, type Branch } from "./tree";

/** Asks for a mailbox: its name is typed, or it is chosen in the list. `except` is not offered. */
export function pickMailbox(title: string, branches: Branch[], except: string, picked: (path: string) => void): void {
  const paths = linesOf(branches, new Set())
    .filter(({ branch }) => branch.mailbox !== undefined && branch.path !== except)
    .map(({ branch }) => branch.path);
  let found = paths;
  let at = 0;
  const list = h("div", { class: "pick-list", role: "listbox", id: "pick-list", "aria-label": "Mailboxes" });
  const take = (path: string | undefined) => {
    if (path === undefined) return;
    dialog.close();
    picked(path);
  };
  const draw = () => {
    const options = found.map((path, i) =>
      h(
        "div",
        {
          class: "pick",
          role: "option",
          id: `pick-${i}`,
          "aria-selected": String(i === at),
          "data-test": "pick",
          "data-mailbox": path,
          onclick: () => take(path),
        },
        icon("folder"),
        h("span", {}, path === "INBOX" ? "Inbox" : path),
      ),
    );
    fill(list, ...options, found.length === 0 && h("p", { class: "muted" }, "There is no such mailbox."));
    if (found.length > 0) input.setAttribute("aria-activedescendant", `pick-${at}`);
    else input.removeAttribute("aria-activedescendant");
    options[at]?.scrollIntoView({ block: "nearest" });
  };
  const input = h("input", {
    type: "text",
    role: "combobox",
    autofocus: true,
    autocomplete: "off",
    placeholder: "Name of the mailbox",
    "aria-label": "Name of the mailbox",
    "aria-expanded": "true",
    "aria-controls": "pick-list",
    "data-test": "pick-field",
    oninput: () => {
      const wanted = input.value.trim().toLowerCase();
      found = paths.filter((path) => path.toLowerCase().includes(wanted));
      at = 0;
      draw();
    },
    onkeydown: (event: KeyboardEvent) => {
      if (event.key === "ArrowDown") at = Math.min(at + 1, found.length - 1);
      else if (event.key === "ArrowUp") at = Math.max(at - 1, 0);
      else if (event.key === "Enter") take(found[at]);
      else return;
      event.preventDefault();
      if (event.key !== "Enter") draw();
    },
  });
  draw();
  const dialog = modal(title, h("div", { class: "dialog-form" }, input, list), "pick-dialog");
}
