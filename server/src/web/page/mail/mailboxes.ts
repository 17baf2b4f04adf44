// Which mailboxes are there, and how much in them is new?

import { fill, h, icon, type IconName } from "../dom";
import type { Point } from "../menu";
import { DRAGGED } from "./list";
import { above, type Branch, type Line, linesOf, type Mailbox, type Role, type Special, treeOf, USUAL } from "./tree";

export interface MailboxUser {
  choose(mailbox: string): void;
  /** The messages that are dragged go there. */
  drop(mailbox: string): void;
  /** What can be done with the mailbox. */
  menu(branch: Branch, at: Point): void;
  rename(branch: Branch): void;
  remove(branch: Branch): void;
}

const ICONS: Record<Role, IconName> = { inbox: "inbox", drafts: "drafts", sent: "sent", junk: "junk", trash: "trash" };

/** How long messages are held above a folded mailbox until it unfolds, in ms. */
const UNFOLD_AFTER = 700;

export class MailboxTree {
  readonly element: HTMLElement;
  #mailboxes: Mailbox[] = [];
  #special: Special = USUAL;
  #folded = new Set<string>();
  #current = "INBOX";
  /** The path that the tabulator key leads to. */
  #focused = "INBOX";
  #isAside = false;
  #lines: Line[] = [];
  /** What is seen. */
  #drawn = "";

  constructor(private readonly user: MailboxUser) {
    this.element = h("div", {
      class: "mailboxes",
      role: "tree",
      "aria-label": "Mailboxes",
      "data-test": "mailboxes",
      onkeydown: (event: KeyboardEvent) => this.#key(event),
      onfocusin: (event: FocusEvent) => {
        this.#focused = this.#lineOf(event)?.branch.path ?? this.#focused;
      },
      onclick: (event: MouseEvent) => this.#click(event),
      oncontextmenu: (event: MouseEvent) => this.#menu(event),
    });
  }

  show(mailboxes: Mailbox[], special: Special): void {
    this.#mailboxes = mailboxes;
    this.#special = special;
    this.#draw();
  }

  /** The mailboxes as a tree. */
  get branches(): Branch[] {
    return treeOf(this.#mailboxes, this.#special);
  }

  /** This one is looked at. */
  select(mailbox: string): void {
    this.#current = mailbox;
    this.#focused = mailbox;
    for (const path of above(mailbox)) this.#folded.delete(path);
    this.#draw();
  }

  /** Something else than mail is looked at, or mail again. */
  lookAside(isAside: boolean): void {
    this.#isAside = isAside;
    this.#draw();
  }

  /** The folder on this mailbox knows how many are not read. */
  count(mailbox: string, unseen: number): void {
    const known = this.#mailboxes.find((each) => each.mailbox === mailbox);
    if (known === undefined || known.Unseen === unseen) return;
    this.#mailboxes = this.#mailboxes.with(this.#mailboxes.indexOf(known), { ...known, Unseen: unseen });
    this.#draw();
  }

  #draw(): void {
    this.#lines = linesOf(this.branches, this.#folded);
    // What is as it was is left alone: it may be just being pressed, or dragged over.
    const shown = this.#lines.map(({ branch, unseen, isOpen }) => [branch.path, branch.role, unseen, isOpen]);
    const state = JSON.stringify([shown, this.#current, this.#isAside]);
    if (state === this.#drawn) return;
    this.#drawn = state;
    const hadFocus = this.element.contains(document.activeElement);
    if (!this.#lines.some(({ branch }) => branch.path === this.#focused)) {
      this.#focused = this.#lines[0]?.branch.path ?? "";
    }
    fill(this.element, ...this.#lines.map((line) => this.#item(line)));
    if (hadFocus) this.#focus(this.#focused);
  }

  #item({ branch, level, place, siblings, unseen, isOpen }: Line): HTMLElement {
    const { path, label, role, mailbox } = branch;
    const isCurrent = path === this.#current && !this.#isAside;
    const item = h(
      "div",
      {
        class: mailbox === undefined ? "mailbox container" : "mailbox",
        role: "treeitem",
        tabindex: path === this.#focused ? 0 : -1,
        "aria-level": level,
        "aria-posinset": place,
        "aria-setsize": siblings,
        "aria-selected": String(isCurrent),
        "aria-expanded": isOpen === undefined ? undefined : String(isOpen),
        title: path === "INBOX" ? "Inbox" : path,
        "data-test": "mailbox",
        "data-mailbox": path,
        ondragenter: (event: DragEvent) => this.#over(event, branch),
        ondragover: (event: DragEvent) => this.#over(event, branch),
        ondragleave: () => this.#unfoldSoon(undefined),
        ondrop: (event: DragEvent) => this.#drop(event, branch),
      },
      h("span", { class: "twist" }, isOpen !== undefined && icon("chevron")),
      icon(role === undefined ? "folder" : ICONS[role]),
      h("span", { class: "mailbox-name" }, label),
      unseen > 0 &&
        h(
          "span",
          { class: "count", title: `${unseen} not read` },
          h("span", { "data-test": "unread" }, String(unseen)),
          h("span", { class: "spoken" }, " not read"),
        ),
    );
    item.style.setProperty("--level", String(level - 1));
    return item;
  }

  // ---- the mouse

  #lineOf(event: Event): Line | undefined {
    const path = (event.target as Element).closest("[data-mailbox]")?.getAttribute("data-mailbox");
    return this.#lines.find(({ branch }) => branch.path === path);
  }

  #click(event: MouseEvent): void {
    const line = this.#lineOf(event);
    if (line === undefined) return;
    const isTwist = (event.target as Element).closest(".twist") !== null;
    if (line.branch.mailbox === undefined || (isTwist && line.isOpen !== undefined)) this.#fold(line);
    else this.user.choose(line.branch.path);
  }

  #menu(event: MouseEvent): void {
    const line = this.#lineOf(event);
    if (line === undefined) return;
    event.preventDefault();
    const { x, y } = event;
    const box = (event.target as Element).getBoundingClientRect();
    this.user.menu(line.branch, x === 0 && y === 0 ? { x: box.left + 24, y: box.bottom } : { x, y });
  }

  #hovered: string | undefined;
  #unfolding: ReturnType<typeof setTimeout> | undefined;

  #over(event: DragEvent, branch: Branch): void {
    if (event.dataTransfer?.types.includes(DRAGGED) !== true) return;
    this.#unfoldSoon(branch.path);
    if (branch.mailbox === undefined || branch.path === this.#current) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
  }

  /** Shows where the messages would go; what is folded there unfolds after a while. */
  #unfoldSoon(path: string | undefined): void {
    if (path === this.#hovered) return;
    this.#hovered = path;
    clearTimeout(this.#unfolding);
    for (const item of this.element.children) {
      item.classList.toggle("dropping", item.getAttribute("data-mailbox") === path);
    }
    if (path === undefined || !this.#folded.has(path)) return;
    this.#unfolding = setTimeout(() => {
      this.#folded.delete(path);
      this.#draw();
    }, UNFOLD_AFTER);
  }

  #drop(event: DragEvent, { path }: Branch): void {
    event.preventDefault();
    this.#unfoldSoon(undefined);
    this.user.drop(path);
  }

  // ---- the keyboard

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const line = this.#lineOf(event);
    if (line === undefined || !this.#act(event.key, line, this.#lines.indexOf(line))) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Returns whether the key means something. */
  #act(key: string, line: Line, at: number): boolean {
    const { branch, isOpen } = line;
    const go = (to: number) => this.#focus(this.#lines[Math.min(Math.max(0, to), this.#lines.length - 1)]?.branch.path);
    if (key === "ArrowDown") go(at + 1);
    else if (key === "ArrowUp") go(at - 1);
    else if (key === "Home") go(0);
    else if (key === "End") go(this.#lines.length - 1);
    else if (key === "ArrowRight" && isOpen === false) this.#fold(line);
    else if (key === "ArrowRight" && isOpen === true) go(at + 1);
    else if (key === "ArrowLeft" && isOpen === true) this.#fold(line);
    else if (key === "ArrowLeft") this.#focus(above(branch.path).at(-1) ?? branch.path);
    else if (key === "Enter" || key === " ") branch.mailbox ? this.user.choose(branch.path) : this.#fold(line);
    else if (key === "F2") this.user.rename(branch);
    else if (key === "Delete") this.user.remove(branch);
    else return false;
    return true;
  }

  #fold({ branch: { path }, isOpen }: Line): void {
    if (isOpen === true) this.#folded.add(path);
    else this.#folded.delete(path);
    this.#draw();
  }

  #focus(path: string | undefined): void {
    if (path === undefined) return;
    this.#focused = path;
    for (const item of this.element.children) {
      const isFocused = item.getAttribute("data-mailbox") === path;
      item.setAttribute("tabindex", isFocused ? "0" : "-1");
      if (isFocused) (item as HTMLElement).focus();
    }
  }
}
