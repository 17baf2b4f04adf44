// Which messages are in the folder?
//
// As many elements as are seen, whatever the folder holds; rows are fetched when they come into view.

import { type Folder, type FolderRow, fieldText, flagsOf } from "../../sdk";
import { fill, h, icon } from "../dom";
import { parseTime, shortTime } from "../format";
import { scrollTo, viewport } from "./viewport";

/** Fields that the rows need. */
export const FIELDS = ["FLAGS", "From", "Subject", "INTERNALDATE", "Content-Type"];

/** Height of a row in pixels; the style sheet has it too. */
const ROW = 68;
/** Rows fetched beyond what is seen. */
const AROUND = 30;

export interface ListUser {
  open(uid: number): void;
  remove(uid: number): void;
  /** Marks it as read or not read, whichever it is not. */
  toggleSeen(uid: number, isSeen: boolean): void;
}

export class MessageList {
  readonly element: HTMLElement;
  readonly #list: HTMLElement;
  readonly #space = h("div", { class: "list-space", role: "presentation" });
  readonly #empty = h("p", { class: "list-empty", "data-test": "list-empty" });
  readonly #rows = new Map<number, { element: HTMLElement; shown: FolderRow | undefined }>();
  #folder: Folder | undefined;
  /** The place of the row that keys act on. */
  #current: number | undefined;
  /** Rows that were added, less those removed, above what is seen since it was drawn. */
  #drift = 0;
  /** The first row seen. */
  #first = 0;
  #stopListening: (() => void)[] = [];
  #isDrawing = false;

  constructor(private readonly user: ListUser) {
    const properties = {
      class: "list",
      role: "listbox",
      tabindex: "0",
      "aria-label": "Messages",
      "data-test": "message-list",
      onscroll: () => this.#drawSoon(),
      onkeydown: (event: KeyboardEvent) => this.#key(event),
    };
    this.#list = h("div", properties, this.#space);
    this.element = h("div", { class: "list-frame" }, this.#list, this.#empty);
    new ResizeObserver(() => this.#drawSoon()).observe(this.#list);
  }

  /** Shows this folder; none while the next one is being opened. A mailbox that was opened again is seen where it was
   * seen before. */
  show(folder: Folder | undefined): void {
    for (const stop of this.#stopListening) stop();
    this.#stopListening = [];
    if (folder?.mailbox !== this.#folder?.mailbox) {
      this.#current = undefined;
      this.#list.scrollTop = 0;
      for (const place of [...this.#rows.keys()]) this.#forget(place);
    }
    this.#folder = folder;
    if (folder !== undefined) {
      this.#stopListening = [
        folder.on("filled", () => this.#drawSoon()),
        folder.on("synced", () => this.#drawSoon()),
        folder.on("report", ({ mode, index }) => this.#moved(mode, index)),
      ];
    }
    this.#draw();
  }

  /** Whether it is on the screen: on a narrow one it makes room for the message. */
  get isSeen(): boolean {
    return this.#list.offsetParent !== null;
  }

  /** Lets keys act on the list. */
  focus(): void {
    this.#list.focus({ preventScroll: true });
  }

  // ----

  #moved(mode: "added" | "removed" | "updated", index: number): void {
    if (mode === "updated") return;
    const shift = mode === "added" ? 1 : -1;
    // What is looked at stays where it is, unless that is the beginning.
    if (index < this.#first) {
      this.#first += shift;
      this.#drift += shift;
    }
    if (this.#current === undefined) return;
    if (index < this.#current || (index === this.#current && mode === "added")) this.#current += shift;
    else if (index === this.#current) this.#current = Math.min(index, (this.#folder?.messages ?? 1) - 1);
    if (this.#current < 0) this.#current = undefined;
  }

  #drawSoon(): void {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      this.#draw();
    });
  }

  #draw(): void {
    const folder = this.#folder;
    const messages = folder?.messages ?? 0;
    const { clientHeight } = this.#list;
    const { height, scale } = viewport(messages, ROW, 0, clientHeight);
    this.#space.style.height = `${height}px`;
    if (this.#drift !== 0) this.#list.scrollTop += (this.#drift * ROW) / scale;
    this.#drift = 0;
    const { from, till, top } = viewport(messages, ROW, this.#list.scrollTop, clientHeight);
    this.#first = from;
    this.#empty.textContent = folder === undefined ? "Loading …" : "No messages";
    this.#empty.hidden = messages > 0;
    for (const place of [...this.#rows.keys()]) {
      if (place < from || place >= till) this.#forget(place);
    }
    for (let place = from; place < till; place += 1) {
      this.#drawRow(place).style.transform = `translateY(${top(place)}px)`;
    }
    const isCurrentSeen = this.#current !== undefined && this.#rows.has(this.#current);
    if (isCurrentSeen) this.#list.setAttribute("aria-activedescendant", `row-${this.#current}`);
    else this.#list.removeAttribute("aria-activedescendant");
    if (till > from) folder?.want(from - AROUND, till + AROUND);
  }

  #drawRow(place: number): HTMLElement {
    const row = this.#folder?.row(place);
    let drawn = this.#rows.get(place);
    if (drawn === undefined) {
      const element = h("div", {
        class: "row",
        role: "option",
        id: `row-${place}`,
        "data-test": "message-row",
        onclick: () => this.#open(place),
      });
      this.#space.append(element);
      drawn = { element, shown: undefined };
      fillRow(element, undefined);
      this.#rows.set(place, drawn);
    }
    if (drawn.shown !== row) fillRow(drawn.element, row);
    drawn.shown = row;
    drawn.element.setAttribute("aria-selected", String(place === this.#current));
    drawn.element.setAttribute("aria-posinset", String(place + 1));
    drawn.element.setAttribute("aria-setsize", String(this.#folder?.messages ?? 0));
    return drawn.element;
  }

  #forget(place: number): void {
    this.#rows.get(place)?.element.remove();
    this.#rows.delete(place);
  }

  #open(place: number): void {
    this.#current = place;
    this.#drawSoon();
    const row = this.#folder?.row(place);
    if (row !== undefined) this.user.open(row.uid);
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = this.#current === undefined ? undefined : this.#folder?.row(this.#current);
    const place = this.#placeOf(event.key);
    if (place !== undefined) this.#go(place);
    else if ((event.key === "Enter" || event.key === " ") && this.#current !== undefined) this.#open(this.#current);
    else if ((event.key === "Delete" || event.key === "Backspace") && row !== undefined) this.user.remove(row.uid);
    else if (event.key === "u" && row !== undefined) this.user.toggleSeen(row.uid, flagsOf(row).has("Seen"));
    else return;
    event.preventDefault();
  }

  /** Where a key leads to. */
  #placeOf(key: string): number | undefined {
    const page = Math.max(1, Math.floor(this.#list.clientHeight / ROW) - 1);
    const current = this.#current ?? -1;
    switch (key) {
      case "ArrowDown":
        return current + 1;
      case "ArrowUp":
        return current - 1;
      case "PageDown":
        return current + page;
      case "PageUp":
        return current - page;
      case "Home":
        return 0;
      case "End":
        return Number.POSITIVE_INFINITY;
      default:
        return undefined;
    }
  }

  #go(place: number): void {
    const messages = this.#folder?.messages ?? 0;
    if (messages === 0) return;
    this.#current = Math.min(Math.max(0, place), messages - 1);
    const { scrollTop, clientHeight } = this.#list;
    this.#list.scrollTop = scrollTo(this.#current, messages, ROW, scrollTop, clientHeight);
    this.#drawSoon();
  }
}

function fillRow(element: HTMLElement, row: FolderRow | undefined): void {
  element.classList.toggle("loading", row === undefined);
  if (row === undefined) {
    element.removeAttribute("data-uid");
    fill(element, h("span", { class: "bar" }), h("span", { class: "bar" }));
    return;
  }
  const flags = flagsOf(row);
  const isSeen = flags.has("Seen");
  const from = fieldText(row, "From") || "(no sender)";
  const subject = fieldText(row, "Subject") || "(no subject)";
  const time = parseTime(fieldText(row, "INTERNALDATE"));
  const when = time === undefined ? "" : shortTime(time, new Date());
  const hasFiles = /^multipart\/mixed/i.test(fieldText(row, "Content-Type"));
  element.classList.toggle("unseen", !isSeen);
  element.setAttribute("data-uid", String(row.uid));
  fill(
    element,
    h(
      "div",
      { class: "row-line" },
      !isSeen && h("span", { class: "spoken" }, "Not read: "),
      h("span", { class: "row-from", "data-test": "row-from" }, from),
      h("span", { class: "row-time" }, when),
    ),
    h(
      "div",
      { class: "row-line" },
      h("span", { class: "row-subject", "data-test": "row-subject" }, subject),
      hasFiles && icon("clip"),
      flags.has("Flagged") && h("span", { title: "Flagged" }, icon("star"), h("span", { class: "spoken" }, "Flagged")),
    ),
  );
}
