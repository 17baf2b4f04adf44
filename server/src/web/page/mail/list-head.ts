// What is above the list: which mailbox it is, what is searched, how it is sorted, what is chosen?

import { fill, h, icon, type IconName, iconButton, setAttribute } from "../dom";
import type { Command } from "./keys";
import { type Column, type Filter, isSameView, type Place, sortedBy, type View } from "./view";

export interface HeadUser {
  /** The mailbox is to be seen so. */
  see(view: View): void;
  run(command: Command): void;
  /** Chooses nothing any more. */
  deselect(): void;
  /** Shows the mailboxes, which a narrow screen has no room for. */
  showMailboxes(): void;
  /** What can be done with the mailbox. */
  menu(at: HTMLElement): void;
  /** Lets keys act on the list. */
  leaveSearch(): void;
}

/** What it says. */
export interface HeadState {
  title: string;
  isOutgoing: boolean;
  /** How many messages are shown, and how many of them are not read; `undefined`: that is not known yet. */
  messages: number | undefined;
  unseen: number;
  /** How many are chosen. */
  chosen: number;
  view: View;
  /** Whether the server is still looking. */
  isBusy: boolean;
  /** What has to be said about what is shown. */
  note: string | undefined;
}

const COLUMNS: [Column, string][] = [
  ["from", "From"],
  ["subject", "Subject"],
  ["size", "Size"],
  ["date", "Date"],
  ["flags", "Starred"],
];

const PLACES: [Place, string][] = [
  ["anywhere", "Anywhere"],
  ["from", "From"],
  ["to", "To"],
  ["subject", "Subject"],
  ["body", "Text"],
];

/** How long a text has to stand until it is searched for, in ms. */
const SEARCH_AFTER = 400;

export class ListHead {
  readonly element: HTMLElement;
  readonly #title = h("div", { class: "list-title" });
  readonly #bulk = h("div", { class: "list-title bulk", role: "toolbar", "aria-label": "Selected messages", hidden: true });
  readonly #search: HTMLInputElement;
  readonly #place: HTMLSelectElement;
  readonly #clear: HTMLElement;
  readonly #columns = h("div", { class: "columns", role: "group", "aria-label": "Sort by" });
  readonly #note = h("p", { class: "list-note muted", role: "status", hidden: true, "data-test": "list-note" });
  #state: HeadState | undefined;
  #searching: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly user: HeadUser) {
    this.#search = h("input", {
      type: "text",
      class: "search-field",
      placeholder: "Search",
      "aria-label": "Search in this mailbox",
      enterkeyhint: "search",
      autocomplete: "off",
      "data-test": "search",
      oninput: () => {
        this.#clear.hidden = this.#search.value === "";
        clearTimeout(this.#searching);
        this.#searching = setTimeout(() => this.#look(), SEARCH_AFTER);
      },
      onkeydown: (event: KeyboardEvent) => this.#key(event),
    });
    const options = PLACES.map(([value, label]) => h("option", { value }, label));
    this.#place = h(
      "select",
      { class: "search-place", "aria-label": "Where to search", "data-test": "search-place", onchange: () => this.#look() },
      ...options,
    );
    this.#clear = iconButton("close", "Clear the search", {
      class: "quiet",
      hidden: true,
      "data-test": "search-clear",
      onclick: () => this.#leave(),
    });
    this.element = h(
      "header",
      { class: "list-head" },
      this.#title,
      this.#bulk,
      h("div", { class: "search", role: "search" }, icon("search"), this.#search, this.#clear, this.#place),
      this.#note,
      this.#columns,
    );
  }

  /** Lets keys go into the search. */
  focusSearch(): void {
    this.#search.focus();
    this.#search.select();
  }

  show(state: HeadState): void {
    const before = this.#state;
    this.#state = state;
    const { filter } = state.view;
    // What is being typed is not taken away.
    if (filter.kind !== "text" && before?.view.filter.kind === "text") this.#search.value = "";
    this.#clear.hidden = this.#search.value === "";
    setAttribute(this.element, "aria-busy", state.isBusy && "true");
    this.#note.hidden = state.note === undefined;
    if (this.#note.textContent !== (state.note ?? "")) this.#note.textContent = state.note ?? "";
    const { title, messages, unseen, chosen, view, isOutgoing } = state;
    this.#drawIfNew(this.#title, [title, messages, unseen, chosen > 1, view], () => this.#drawTitle(state));
    this.#drawIfNew(this.#bulk, [chosen], () => this.#drawBulk(state));
    this.#drawIfNew(this.#columns, [view, isOutgoing], () => this.#drawColumns(state));
  }

  // ----

  readonly #drawn = new Map<HTMLElement, string>();

  /** What is as it was is left alone: it may be just being pressed. What is drawn anew keeps the focus. */
  #drawIfNew(element: HTMLElement, shown: unknown[], draw: () => void): void {
    const state = JSON.stringify(shown);
    if (this.#drawn.get(element) === state) return;
    this.#drawn.set(element, state);
    const focused = this.element.querySelector(":focus")?.getAttribute("data-test");
    draw();
    if (focused == null || this.element.querySelector(":focus") !== null) return;
    this.element.querySelector<HTMLElement>(`[data-test="${focused}"]`)?.focus();
  }

  #drawTitle({ title, messages, unseen, chosen, view }: HeadState): void {
    this.#title.hidden = chosen > 1;
    const count = messages === undefined ? "" : messages === 1 ? "1 message" : `${messages.toLocaleString()} messages`;
    const counts = unseen > 0 ? `${count}, ${unseen.toLocaleString()} not read` : count;
    const only = (kind: "unread" | "flagged") => (): Filter => (view.filter.kind === kind ? { kind: "all" } : { kind });
    fill(
      this.#title,
      iconButton("menu", "Mailboxes", {
        class: "quiet show-mailboxes",
        "data-test": "show-mailboxes",
        onclick: () => this.user.showMailboxes(),
      }),
      h("div", { class: "list-name" }, h("h2", { "data-test": "mailbox-title" }, title), h("p", { class: "muted" }, counts)),
      this.#toggle("mail", "Only what is not read", view.filter.kind === "unread", "only-unread", only("unread")),
      this.#toggle("star", "Only what is starred", view.filter.kind === "flagged", "only-flagged", only("flagged")),
      iconButton("threads", "Conversations", {
        class: "quiet",
        "aria-pressed": String(view.isThreaded),
        "data-test": "threads",
        onclick: () => this.user.see({ ...view, isThreaded: !view.isThreaded }),
      }),
      iconButton("more", "What can be done with this mailbox", {
        class: "quiet",
        "aria-haspopup": "menu",
        "data-test": "mailbox-menu",
        onclick: (event: MouseEvent) => this.user.menu(event.currentTarget as HTMLElement),
      }),
    );
  }

  #toggle(name: IconName, label: string, isOn: boolean, test: string, filter: () => Filter): HTMLElement {
    return iconButton(name, label, {
      class: "quiet",
      "aria-pressed": String(isOn),
      "data-test": test,
      onclick: () => this.#see({ filter: filter() }),
    });
  }

  #drawBulk({ chosen }: HeadState): void {
    this.#bulk.hidden = chosen <= 1;
    if (chosen <= 1) {
      fill(this.#bulk);
      return;
    }
    const button = (name: IconName, label: string, command: Command, test: string) =>
      iconButton(name, label, { class: "quiet", "data-test": test, onclick: () => this.user.run(command) });
    fill(
      this.#bulk,
      iconButton("close", "Select nothing", {
        class: "quiet",
        "data-test": "deselect",
        onclick: () => this.user.deselect(),
      }),
      h("strong", { class: "list-name", role: "status", "data-test": "chosen" }, `${chosen.toLocaleString()} selected`),
      button("read", "Mark read or unread", "toggleSeen", "bulk-seen"),
      button("star", "Star, or take the star away", "toggleStar", "bulk-star"),
      button("junk", "Junk, or no junk", "toggleJunk", "bulk-junk"),
      button("move", "Move to …", "move", "bulk-move"),
      button("trash", "Delete", "remove", "bulk-delete"),
    );
  }

  #drawColumns({ view, isOutgoing }: HeadState): void {
    const heads = COLUMNS.map(([column, label]) => {
      const isSorted = view.column === column;
      const name = column === "from" && isOutgoing ? "To" : label;
      const way = isSorted ? (view.isDescending ? ", descending" : ", ascending") : "";
      return h(
        "button",
        {
          type: "button",
          class: `column column-${column}`,
          "aria-pressed": String(isSorted),
          title: `Sort by ${name.toLowerCase()}`,
          "data-test": `sort-${column}`,
          onclick: () => this.user.see(sortedBy(view, column)),
        },
        column === "flags" ? icon("star") : h("span", {}, name),
        column === "flags" && h("span", { class: "spoken" }, name),
        isSorted && icon(view.isDescending ? "down" : "up"),
        isSorted && h("span", { class: "spoken" }, way),
      );
    });
    fill(this.#columns, ...heads);
  }

  #key(event: KeyboardEvent): void {
    if (event.key === "Enter") this.#look();
    else if (event.key === "Escape") this.#leave();
    else if (event.key === "ArrowDown") this.user.leaveSearch();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Searches for what stands there. */
  #look(): void {
    clearTimeout(this.#searching);
    const text = this.#search.value.trim();
    const place = this.#place.value as Place;
    const before = this.#state?.view.filter.kind;
    if (text === "" && before !== "text") return;
    this.#see({ filter: text === "" ? { kind: "all" } : { kind: "text", text, place } });
  }

  #leave(): void {
    this.#search.value = "";
    this.#look();
    this.user.leaveSearch();
  }

  #see(change: Partial<View>): void {
    const view = this.#state?.view;
    if (view !== undefined && !isSameView(view, { ...view, ...change })) this.user.see({ ...view, ...change });
  }
}
