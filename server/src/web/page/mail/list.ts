// Which messages are in the folder?
//
// As many elements as are seen, whatever the folder holds; rows are fetched when they come into view.

import type { MessageSet } from "../../sdk";
import { h } from "../dom";
import type { Point } from "../menu";
import { placeAfter } from "./keys";
import { fillRow } from "./row";
import { Selection } from "./selection";
import type { Entry, Source } from "./source";
import { scrollTo, viewport } from "./viewport";

/** Rows fetched beyond what is seen. */
const AROUND = 30;

/** What is dragged: the page keeps it, this only says that there is something. */
export const DRAGGED = "application/x-ximss-messages";

/** Messages that something is to be done with. */
export interface Targets {
  set: MessageSet;
  count: number;
  /** Each of them; `undefined`: they are too many to be known. */
  uids: number[] | undefined;
}

export interface ListUser {
  /** A message is to be read. */
  open(uid: number): void;
  /** Other messages are chosen than before, or the key acts on another one. */
  chosen(): void;
  star(uids: number[], isStarred: boolean): void;
  /** The chosen messages are dragged. */
  drag(): void;
  /** What can be done with the chosen messages. */
  menu(at: Point): void;
  /** The newest message that the folder can have. */
  newest(): number;
}

export class MessageList {
  readonly element: HTMLElement;
  readonly selection = new Selection();
  readonly #list: HTMLElement;
  readonly #space = h("div", { class: "list-space", role: "presentation" });
  readonly #empty = h("p", { class: "list-empty", "data-test": "list-empty" });
  readonly #rows = new Map<number, { element: HTMLElement; shown: Entry | undefined }>();
  #source: Source | undefined;
  #isOutgoing = false;
  /** What is shown when there is nothing. */
  #emptyText = "";
  /** The place that keys act on, and the message there. */
  #current: number | undefined;
  #currentUid: number | undefined;
  /** Where a choice of several began. */
  #anchor: number | undefined;
  /** Rows that were added, less those removed, above what is seen since it was drawn. */
  #drift = 0;
  /** The first row seen, and the message there. */
  #first = 0;
  #firstUid: number | undefined;
  /** How high a row is, in pixels; the style sheet says. */
  #row = 68;
  #stopListening: (() => void)[] = [];
  #isDrawing = false;

  constructor(private readonly user: ListUser) {
    const properties = {
      class: "list",
      role: "listbox",
      tabindex: "0",
      "aria-label": "Messages",
      "aria-multiselectable": "true",
      "data-test": "message-list",
      onscroll: () => this.#drawSoon(),
      onkeydown: (event: KeyboardEvent) => this.#key(event),
      onclick: (event: MouseEvent) => this.#click(event),
      oncontextmenu: (event: MouseEvent) => this.#menu(event),
      ondragstart: (event: DragEvent) => this.#drag(event),
    };
    this.#list = h("div", properties, this.#space);
    this.element = h("div", { class: "list-frame" }, this.#list, this.#empty);
    new ResizeObserver(() => this.#drawSoon()).observe(this.#list);
  }

  /** Shows this; nothing while a folder is being opened. With the same messages as before it is seen where it was, and
   * what is chosen stays chosen. */
  show(source: Source | undefined, { isSame = false, isOutgoing = false, emptyText = "No messages" } = {}): void {
    for (const stop of this.#stopListening) stop();
    this.#stopListening = [];
    this.#source?.release();
    if (!isSame) this.#forgetAll();
    this.#source = source;
    this.#isOutgoing = isOutgoing;
    this.#emptyText = emptyText;
    if (source !== undefined) {
      this.#stopListening = [
        source.on("filled", () => this.#drawSoon()),
        source.on("moved", ({ by, place }) => this.#moved(by, place)),
        source.on("rebuilt", () => this.#rebuilt()),
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

  /** What something is to be done with: what is chosen. */
  get targets(): Targets | undefined {
    const count = this.selection.count(this.#source?.length ?? 0);
    return count === 0 ? undefined : { set: this.selection.set, count, uids: this.selection.uids };
  }

  /** What is known of the message that keys act on. */
  get current(): Entry | undefined {
    return this.#current === undefined ? undefined : this.#source?.at(this.#current);
  }

  /** Goes so many messages on, and chooses that one. */
  step(by: number): void {
    this.#go((this.#current ?? -1) + by, false);
  }

  /** Whether there is a message so many further on. */
  hasStep(by: number): boolean {
    const place = (this.#current ?? -1) + by;
    return place >= 0 && place < (this.#source?.length ?? 0);
  }

  chooseAll(): void {
    const uids = this.#source?.all;
    if (uids === undefined) this.selection.all(this.user.newest());
    else this.selection.only(uids);
    this.#chosen();
  }

  /** Chooses the current message, or if it is chosen does so no more. */
  toggle(): void {
    const { current } = this;
    if (current === undefined) return;
    this.selection.toggle(current.uids);
    this.#anchor = this.#current;
    this.#chosen();
  }

  /** Chooses nothing but the current message. */
  deselect(): void {
    this.selection.only(this.current?.uids ?? []);
    this.#chosen();
  }

  /** A message has left the folder. */
  removed(uid: number): void {
    this.selection.removed(uid);
    this.#drawSoon();
  }

  // ---- what changes

  #moved(by: 1 | -1, place: number): void {
    // What is looked at stays where it is, unless that is the beginning.
    if (place < this.#first) {
      this.#first += by;
      this.#drift += by;
    }
    this.#current = this.#shifted(this.#current, by, place);
    this.#anchor = this.#shifted(this.#anchor, by, place);
    this.#drawSoon();
  }

  #shifted(at: number | undefined, by: 1 | -1, place: number): number | undefined {
    if (at === undefined || place > at) return at;
    const shifted = place === at && by < 0 ? Math.min(at, (this.#source?.length ?? 0) - 1) : at + by;
    return shifted < 0 ? undefined : shifted;
  }

  /** The messages are at other places: those that are looked at are found again. */
  #rebuilt(): void {
    const place = (uid: number | undefined) => (uid === undefined ? undefined : this.#source?.placeOf(uid));
    const [first, current] = [place(this.#firstUid), place(this.#currentUid)];
    if (first === undefined) this.#list.scrollTop = 0;
    else if (this.#first > 0) this.#drift += first - this.#first;
    this.#current = current;
    this.#anchor = current;
    this.#drawSoon();
  }

  // ---- what is seen

  #drawSoon(): void {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      this.#draw();
    });
  }

  #draw(): void {
    const source = this.#source;
    const length = source?.length ?? 0;
    this.#measure();
    const { clientHeight } = this.#list;
    const { height, scale } = viewport(length, this.#row, 0, clientHeight);
    this.#space.style.height = `${height}px`;
    if (this.#drift !== 0) this.#list.scrollTop += (this.#drift * this.#row) / scale;
    this.#drift = 0;
    const { from, till, top } = viewport(length, this.#row, this.#list.scrollTop, clientHeight);
    this.#first = from;
    this.#firstUid = source?.at(from)?.row.uid;
    this.#empty.textContent = source === undefined ? "Loading …" : this.#emptyText;
    this.#empty.hidden = length > 0;
    for (const place of [...this.#rows.keys()]) {
      if (place < from || place >= till) this.#forget(place);
    }
    // Where what was chosen is gone, the message in its place is.
    if (this.selection.count(length) === 0) this.selection.only(this.current?.uids ?? []);
    for (let place = from; place < till; place += 1) {
      this.#drawRow(place).style.transform = `translateY(${top(place)}px)`;
    }
    this.#currentUid = this.current?.row.uid ?? this.#currentUid;
    const isCurrentSeen = this.#current !== undefined && this.#rows.has(this.#current);
    if (isCurrentSeen) this.#list.setAttribute("aria-activedescendant", `row-${this.#current}`);
    else this.#list.removeAttribute("aria-activedescendant");
    source?.want(from - AROUND, till + AROUND);
  }

  /** When the rows change their height, what is seen first stays so. */
  #measure(): void {
    const row = Number.parseFloat(getComputedStyle(this.#list).getPropertyValue("--row")) || this.#row;
    if (row === this.#row) return;
    const { length = 0 } = this.#source ?? {};
    const { top, scale } = viewport(length, row, 0, this.#list.clientHeight);
    const scrollTop = top(this.#first) / scale;
    this.#row = row;
    this.#space.style.height = `${viewport(length, row, 0, this.#list.clientHeight).height}px`;
    this.#list.scrollTop = scrollTop;
  }

  #drawRow(place: number): HTMLElement {
    const entry = this.#source?.at(place);
    let drawn = this.#rows.get(place);
    if (drawn === undefined) {
      const properties = { class: "row", role: "option", id: `row-${place}`, "data-test": "message-row" };
      const element = h("div", { ...properties, "data-place": place, draggable: "true" });
      this.#space.append(element);
      drawn = { element, shown: undefined };
      fillRow(element, undefined, this.#isOutgoing);
      this.#rows.set(place, drawn);
    }
    if (!isSame(drawn.shown, entry)) fillRow(drawn.element, entry, this.#isOutgoing);
    drawn.shown = entry;
    const { element } = drawn;
    element.setAttribute("aria-selected", String(entry !== undefined && this.selection.has(entry.row.uid)));
    element.classList.toggle("current", place === this.#current);
    element.setAttribute("aria-posinset", String(place + 1));
    element.setAttribute("aria-setsize", String(this.#source?.length ?? 0));
    return element;
  }

  #forget(place: number): void {
    this.#rows.get(place)?.element.remove();
    this.#rows.delete(place);
  }

  #forgetAll(): void {
    this.#current = undefined;
    this.#currentUid = undefined;
    this.#anchor = undefined;
    this.selection.only([]);
    this.#list.scrollTop = 0;
    for (const place of [...this.#rows.keys()]) this.#forget(place);
  }

  // ---- what the user does

  #chosen(): void {
    this.#drawSoon();
    this.user.chosen();
  }

  /** The place of the row that an event is about. */
  #placeOf(event: Event): number | undefined {
    const place = (event.target as Element).closest(".row")?.getAttribute("data-place");
    return place == null ? undefined : Number(place);
  }

  #click(event: MouseEvent): void {
    const place = this.#placeOf(event);
    const entry = place === undefined ? undefined : this.#source?.at(place);
    if (place === undefined || entry === undefined) return;
    const on = (attribute: string) => (event.target as Element).closest(`[${attribute}]`);
    const unfold = on("data-unfold");
    if (on("data-star")) {
      this.user.star(entry.uids, on("data-star")?.classList.contains("starred") !== true);
    } else if (unfold) {
      this.#source?.unfold(place, unfold.getAttribute("data-unfold") === "open");
    } else if (event.shiftKey) {
      this.#current = place;
      void this.#extend();
    } else if (event.ctrlKey || event.metaKey || on("data-choose")) {
      this.#current = place;
      this.toggle();
    } else {
      this.#open(place);
    }
  }

  #open(place: number): void {
    this.#choose(place);
    const entry = this.#source?.at(place);
    if (entry === undefined) return;
    if (entry.size > 1) this.#source?.unfold(place, true);
    this.user.open(entry.row.uid);
  }

  #choose(place: number): void {
    this.#current = place;
    this.#anchor = place;
    this.#currentUid = this.current?.row.uid;
    this.selection.only(this.current?.uids ?? []);
    this.#chosen();
  }

  /** Chooses all from where the choice began to the current place. */
  async #extend(): Promise<void> {
    const current = this.#current ?? 0;
    const anchor = this.#anchor ?? current;
    this.#anchor = anchor;
    this.#drawSoon();
    const uids = await this.#source?.uids(Math.min(anchor, current), Math.max(anchor, current) + 1).catch(() => []);
    if (this.#current !== current || this.#anchor !== anchor) return;
    this.selection.only(uids ?? []);
    this.#chosen();
  }

  /** What is done with a message that is not chosen is not done with those that are. */
  #grasp(event: Event): boolean {
    const place = this.#placeOf(event);
    const entry = place === undefined ? undefined : this.#source?.at(place);
    if (place === undefined || entry === undefined) return false;
    if (!this.selection.has(entry.row.uid)) this.#choose(place);
    return true;
  }

  #menu(event: MouseEvent): void {
    // The key for menus acts on what is chosen.
    const { x, y } = event;
    if (!this.#grasp(event) && this.targets === undefined) return;
    event.preventDefault();
    const row = this.#rows.get(this.#current ?? -1)?.element.getBoundingClientRect();
    this.user.menu(x === 0 && y === 0 && row !== undefined ? { x: row.left + 40, y: row.bottom } : { x, y });
  }

  #drag(event: DragEvent): void {
    if (!this.#grasp(event) || event.dataTransfer === null) return;
    this.user.drag();
    const { count = 0 } = this.targets ?? {};
    event.dataTransfer.setData(DRAGGED, String(count));
    event.dataTransfer.effectAllowed = "move";
    const image = h("div", { class: "drag-image" }, count === 1 ? "1 message" : `${count.toLocaleString()} messages`);
    document.body.append(image);
    event.dataTransfer.setDragImage(image, 12, 12);
    // The browser has drawn it by then.
    setTimeout(() => image.remove());
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.#list.clientHeight / this.#row) - 1);
    const place = placeAfter(event.key, this.#current ?? -1, page);
    if (place !== undefined) this.#go(place, event.shiftKey);
    else if (event.key === "Enter" && this.#current !== undefined) this.#open(this.#current);
    else if (event.key === " ") this.toggle();
    else if (event.key === "ArrowRight" && this.current?.isThread === true)
      this.#source?.unfold(this.#current ?? 0, true);
    else if (event.key === "ArrowLeft" && this.current?.isThread === true)
      this.#source?.unfold(this.#current ?? 0, false);
    else return;
    event.preventDefault();
  }

  #go(place: number, isExtending: boolean): void {
    const { length = 0 } = this.#source ?? {};
    if (length === 0) return;
    const current = Math.min(Math.max(0, place), length - 1);
    const { scrollTop, clientHeight } = this.#list;
    this.#list.scrollTop = scrollTo(current, length, this.#row, scrollTop, clientHeight);
    if (isExtending) {
      this.#current = current;
      void this.#extend();
    } else this.#choose(current);
  }
}

function isSame(a: Entry | undefined, b: Entry | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const isAlike = a.isUnseen === b.isUnseen && a.isBelow === b.isBelow && a.isThread === b.isThread;
  return a.row === b.row && a.size === b.size && isAlike;
}
