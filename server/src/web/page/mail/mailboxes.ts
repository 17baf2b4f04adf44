// Which mailboxes are there, and how much in them is new?

import type { Messages } from "../../sdk";
import { fill, h, icon } from "../dom";

export type Mailbox = Messages["mailbox"];

export class MailboxList {
  readonly element = h("nav", { class: "mailboxes", "aria-label": "Mailboxes" });
  #mailboxes: Mailbox[] = [];
  #current = "INBOX";
  #isAside = false;

  constructor(private readonly choose: (mailbox: string) => void) {}

  show(mailboxes: Mailbox[]): void {
    this.#mailboxes = mailboxes.filter(({ pureFolder }) => pureFolder !== true).toSorted(byName);
    this.#draw();
  }

  /** This one is looked at. */
  select(mailbox: string): void {
    this.#current = mailbox;
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
    const focused = this.element.querySelector(":focus")?.getAttribute("data-mailbox");
    fill(
      this.element,
      ...this.#mailboxes.map(({ mailbox, Unseen: unseen = 0 }) => {
        const isCurrent = mailbox === this.#current && !this.#isAside;
        return h(
          "button",
          {
            type: "button",
            class: "mailbox",
            "aria-current": isCurrent && "true",
            "data-test": "mailbox",
            "data-mailbox": mailbox,
            onclick: () => this.choose(mailbox),
          },
          icon(mailbox === "INBOX" ? "inbox" : mailbox === "Trash" ? "trash" : "mailbox"),
          h("span", { class: "mailbox-name" }, mailbox === "INBOX" ? "Inbox" : mailbox),
          unseen > 0 &&
            h("span", { class: "count", "data-test": "unread", title: `${unseen} not read` }, String(unseen)),
        );
      }),
    );
    if (focused) this.element.querySelector<HTMLElement>(`[data-mailbox="${CSS.escape(focused)}"]`)?.focus();
  }
}

function byName(a: Mailbox, b: Mailbox): number {
  const rank = ({ mailbox }: Mailbox) => (mailbox === "INBOX" ? 0 : mailbox === "Trash" ? 2 : 1);
  return rank(a) - rank(b) || a.mailbox.localeCompare(b.mailbox);
}
