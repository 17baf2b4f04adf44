// How do the mailboxes, the list and the message go together?

import { type Folder, flagsOf, type Session, SessionEnded } from "../../sdk";
import { h } from "../dom";
import { problem } from "../words";
import { FIELDS, MessageList } from "./list";
import { MailboxList } from "./mailboxes";
import { Reader } from "./reader";

/** How long to wait for more changes before the mailboxes are counted again, in ms. */
const COUNT_AFTER = 1_000;

export class Mail {
  readonly mailboxes = new MailboxList((mailbox) => void this.#open(mailbox));
  readonly element: HTMLElement;
  readonly #list: MessageList;
  readonly #reader: Reader;
  readonly #notice = h("p", { class: "notice bad", role: "alert", hidden: true, "data-test": "mail-problem" });
  /** INBOX stays open, so that new mail is noticed whatever is looked at. */
  #inbox: Folder | undefined;
  /** What is looked at; `undefined` while it is being opened. */
  #folder: Folder | undefined;
  /** Its mailbox. */
  #mailbox = "INBOX";
  #counting: ReturnType<typeof setTimeout> | undefined;
  /** Whether the browser's way back leads from the message to the list, and not away from the page. */
  #hasWayBack = false;

  constructor(
    private readonly session: Session,
    private readonly unseenChanged: (unseen: number) => void,
  ) {
    this.#list = new MessageList({
      open: (uid) => void this.#read(uid),
      remove: (uid) => void this.#remove(uid),
      toggleSeen: (uid, isSeen) => void this.#mark(uid, isSeen ? "Unseen" : "Seen"),
    });
    this.#reader = new Reader({
      back: () => history.back(),
      remove: (uid) => void this.#remove(uid),
      markUnread: (uid) => void this.#mark(uid, "Unseen"),
    });
    const list = h("section", { class: "list-pane", "aria-label": "Messages" }, this.#notice, this.#list.element);
    this.element = h("div", { class: "mail" }, list, this.#reader.element);
    window.addEventListener("popstate", () => {
      this.#hasWayBack = false;
      this.#close();
    });
  }

  /** Opens INBOX, and whatever mailbox is looked at. Folders of an earlier session are gone; what is read stays. */
  async start(): Promise<void> {
    const { uid } = this.#reader;
    this.#folder = undefined;
    this.#inbox = undefined;
    await this.#try(async () => {
      this.#inbox = await this.#openFolder("INBOX");
      await this.#look(this.#mailbox);
      await this.#count();
      if (uid !== undefined && this.#folder !== undefined) await this.#reader.show(this.#folder, uid);
    });
  }

  // ----

  async #open(mailbox: string): Promise<void> {
    this.#close();
    if (mailbox === this.#folder?.mailbox) return;
    const before = this.#folder;
    this.#folder = undefined;
    this.#mailbox = mailbox;
    this.mailboxes.select(mailbox);
    this.#list.show(undefined);
    this.#release(before);
    await this.#try(() => this.#look(mailbox));
  }

  /** Shows a mailbox, unless another one was chosen meanwhile. */
  async #look(mailbox: string): Promise<void> {
    const folder = mailbox === "INBOX" && this.#inbox ? this.#inbox : await this.#openFolder(mailbox);
    if (mailbox !== this.#mailbox || this.#folder !== undefined) {
      this.#release(folder);
      return;
    }
    this.#folder = folder;
    this.#list.show(folder);
  }

  #release(folder: Folder | undefined): void {
    if (folder !== this.#inbox) folder?.close().catch(() => {});
  }

  async #openFolder(mailbox: string): Promise<Folder> {
    const folder = await this.session.openFolder(mailbox, {
      fields: FIELDS,
      sortField: "INTERNALDATE",
      sortOrder: "desc",
    });
    this.#counted(folder);
    folder.on("synced", () => {
      this.#counted(folder);
      this.#countSoon();
    });
    folder.on("report", ({ mode, uid }) => {
      if (mode === "removed" && folder === this.#folder && uid === this.#reader.uid) this.#close();
    });
    return folder;
  }

  #counted(folder: Folder): void {
    this.mailboxes.count(folder.mailbox, folder.unseen);
    if (folder.mailbox === "INBOX") this.unseenChanged(folder.unseen);
  }

  #countSoon(): void {
    clearTimeout(this.#counting);
    this.#counting = setTimeout(() => void this.#count().catch(() => {}), COUNT_AFTER);
  }

  async #count(): Promise<void> {
    this.mailboxes.show(await this.session.mailboxes());
  }

  async #read(uid: number): Promise<void> {
    const folder = this.#folder;
    if (folder === undefined) return;
    this.element.classList.add("reading");
    if (!this.#hasWayBack) history.pushState(null, "");
    this.#hasWayBack = true;
    if (!this.#list.isSeen) this.#reader.element.focus();
    await this.#reader.show(folder, uid);
    const index = folder.indexOf(uid);
    if (index === undefined || flagsOf(folder.row(index)).has("Seen") || this.#reader.uid !== uid) return;
    await this.#try(() => folder.mark([uid], "Seen"));
  }

  #close(): void {
    const hadFocus = this.#reader.element.contains(document.activeElement);
    this.element.classList.remove("reading");
    this.#reader.clear();
    if (hadFocus) this.#list.focus();
  }

  async #mark(uid: number, flags: string): Promise<void> {
    await this.#try(async () => this.#folder?.mark([uid], flags));
  }

  async #remove(uid: number): Promise<void> {
    await this.#try(async () => this.#folder?.remove([uid]));
  }

  async #try(request: () => Promise<void>): Promise<void> {
    this.#notice.hidden = true;
    try {
      await request();
    } catch (error) {
      // The page says so by itself.
      if (error instanceof SessionEnded) return;
      this.#notice.hidden = false;
      this.#notice.textContent = problem(error);
    }
  }
}
