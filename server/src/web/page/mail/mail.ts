// How do the mailboxes, the list and the message go together?

import { flagsOf, type Folder, type Session, SessionEnded } from "../../sdk";
import { Compose, type Reaction } from "../compose/compose";
import { h } from "../dom";
import { openMenu, type Point } from "../menu";
import { seesThreads, seeThreads } from "../storage";
import type { Toasts } from "../toast";
import { problem } from "../words";
import { Actions, type DeleteMode } from "./actions";
import { showHelp } from "./help";
import { type Command, commandOf, isTyping } from "./keys";
import { MessageList, type Targets } from "./list";
import { ListHead } from "./list-head";
import { LookedAt } from "./looked-at";
import { MailboxActions } from "./mailbox-actions";
import { MailboxTree } from "./mailboxes";
import { messageMenu } from "./message-menu";
import { pickMailbox } from "./pick";
import { Reader } from "./reader";
import { Messages, THREADED, Threads } from "./source";
import { splitter } from "./splitter";
import { above, branchAt, renamed, roleOf, type Special, USUAL } from "./tree";
import type { View } from "./view";

/** How long to wait for more changes before the mailboxes are counted again, in ms. */
const COUNT_AFTER = 1_000;
/** How long a message is shown until it counts as read, in ms. */
const SEEN_AFTER = 800;
/** How long the user stays at a message, going through the list, until it is shown, in ms. */
const SHOWN_AFTER = 120;

export interface MailUser {
  /** How many messages of INBOX are not read. */
  unseenChanged(unseen: number): void;
  /** Shows the mailboxes, which a narrow screen has no room for. */
  showMailboxes(): void;
  /** A mailbox was chosen. */
  chosen(): void;
  undo(): void;
}

/** What something is to be done with, as it was when it was asked for: messages may come and go, and others be chosen,
 * before the user has said what. */
interface Meant {
  folder: Folder;
  targets: Targets | undefined;
  /** The message that is read, and the one that keys act on. */
  read: number | undefined;
  current: number | undefined;
  /** Flags of the message that says whether one is set or cleared. */
  flags: Set<string>;
}

export class Mail {
  readonly mailboxes: MailboxTree;
  readonly mailboxActions: MailboxActions;
  readonly element: HTMLElement;
  readonly compose: Compose;
  readonly #list: MessageList;
  readonly #head: ListHead;
  readonly #reader: Reader;
  readonly #actions: Actions;
  readonly #notice = h("p", { class: "notice bad", role: "alert", hidden: true, "data-test": "mail-problem" });
  readonly #lookedAt: LookedAt;
  #special: Special = USUAL;
  #dragged: Meant | undefined;
  /** What the list shows: the mailbox, and in which way. */
  #shown: string | undefined;
  #counting: ReturnType<typeof setTimeout> | undefined;
  #seeing: ReturnType<typeof setTimeout> | undefined;
  #showing: ReturnType<typeof setTimeout> | undefined;
  /** Whether the browser's way back leads from the message to the list, and not away from the page. */
  #hasWayBack = false;

  constructor(
    private readonly session: Session,
    toasts: Toasts,
    private readonly user: MailUser,
  ) {
    this.#actions = new Actions(session, toasts, USUAL);
    this.compose = new Compose(
      session,
      toasts,
      () => this.#special,
      () => this.#countSoon(),
    );
    const lookedAt = {
      isOutgoing: (mailbox: string) => this.#isOutgoing(mailbox),
      opened: (folder: Folder) => this.#opened(folder),
      shown: () => this.#showList(),
      changed: () => this.#drawHead(),
    };
    this.#lookedAt = new LookedAt(session, lookedAt, seesThreads());
    this.mailboxActions = new MailboxActions(session, {
      changed: () => this.#count(),
      renamed: (from, to) => this.#renamed(from, to),
      removed: (path) => this.#removed(path),
      readAll: (path) => void this.#try(() => this.#readAll(path)),
    });
    this.mailboxes = new MailboxTree({
      choose: (mailbox) => {
        user.chosen();
        void this.open(mailbox);
      },
      drop: (mailbox) => {
        void this.#move(mailbox, this.#dragged);
        this.#dragged = undefined;
      },
      menu: (branch, at) => openMenu(at, branch.label, this.mailboxActions.menu(branch)),
      rename: (branch) => this.mailboxActions.rename(branch),
      remove: (branch) => this.mailboxActions.remove(branch),
    });
    this.#list = new MessageList({
      open: (uid) => void this.#read(uid),
      chosen: () => this.#chosen(),
      star: (uids, isStarred) => void this.#mark(this.#folder, those(uids), isStarred ? "Flagged" : "Unflagged"),
      drag: () => void (this.#dragged = this.#meant),
      menu: (at) => this.#openMenu(at),
      newest: () => this.#folder?.newest ?? 0,
    });
    this.#head = new ListHead({
      see: (view) => this.#see(view),
      run: (command) => this.run(command),
      deselect: () => this.#list.deselect(),
      showMailboxes: () => user.showMailboxes(),
      menu: (at) => this.#mailboxMenu(at),
      leaveSearch: () => this.#list.focus(),
    });
    this.#reader = new Reader({
      back: () => history.back(),
      run: (command) => this.run(command),
      hasStep: (by) => this.#list.hasStep(by),
      flags: (uid) => this.#flags(uid),
    });
    const list = h(
      "section",
      { class: "list-pane", "aria-label": "Messages" },
      this.#head.element,
      this.#notice,
      this.#list.element,
    );
    this.element = h("div", { class: "mail" }, list, splitter(list), this.#reader.element);
    window.addEventListener("popstate", () => {
      this.#hasWayBack = false;
      this.#close();
    });
    this.#drawHead();
  }

  /** Opens INBOX, and whatever mailbox is looked at. Folders of an earlier session are gone; what is read stays. */
  async start(): Promise<void> {
    const { uid } = this.#reader;
    this.#lookedAt.lost();
    await this.#try(async () => {
      await this.#readPreferences();
      await this.#watchInbox();
      await this.#lookedAt.open(this.#lookedAt.mailbox);
      await this.#count();
      if (uid !== undefined && this.#folder !== undefined) await this.#reader.show(this.#folder, uid);
    });
  }

  /** Looks at a mailbox. */
  async open(mailbox: string): Promise<void> {
    this.#close();
    if (mailbox === this.#folder?.mailbox) return;
    this.mailboxes.select(mailbox);
    this.#shown = undefined;
    this.#list.show(undefined);
    await this.#try(() => this.#lookedAt.open(mailbox));
  }

  /** Does what a key, a button or a menu says. */
  run(command: Command, meant = this.#meant): void {
    switch (command) {
      case "compose":
        return void this.compose.write();
      case "reply":
      case "replyAll":
      case "forward":
        return this.#react(command, meant);
      case "next":
        return this.#step(1);
      case "previous":
        return this.#step(-1);
      case "open": {
        const { current } = this.#list;
        if (current !== undefined) void this.#read(current.row.uid);
        return;
      }
      case "close":
        if (this.#reader.uid === undefined) this.#list.deselect();
        else history.back();
        return;
      case "remove":
        if (meant?.targets !== undefined) this.#actions.remove(meant.folder, meant.targets);
        return;
      case "move":
        if (meant?.targets !== undefined) this.#pick(meant);
        return;
      case "toggleSeen":
        clearTimeout(this.#seeing);
        return void this.#toggle(meant, "Seen", "Unseen");
      case "toggleStar":
        return void this.#toggle(meant, "Flagged", "Unflagged");
      case "toggleJunk":
        return void this.#toggle(meant, "Junk", "NotJunk");
      case "choose":
        return this.#list.toggle();
      case "chooseAll":
        return this.#list.chooseAll();
      case "undo":
        return this.user.undo();
      case "search":
        return this.#head.focusSearch();
      case "help":
        return showHelp();
    }
  }

  /** A key that was pressed somewhere on the page. */
  key(event: KeyboardEvent): void {
    const command = event.defaultPrevented || isTyping(event.target) ? undefined : commandOf(event);
    // A button that is pressed is meant itself.
    const isOnButton = event.target instanceof Element && event.target.closest("button, a, summary") !== null;
    if (command === undefined || (command === "open" && isOnButton)) return;
    event.preventDefault();
    this.run(command);
  }

  /** Answers the message that is read, or that keys act on, or sends it on. */
  #react(how: Reaction, meant: Meant | undefined): void {
    const uid = meant?.read ?? meant?.current;
    if (meant !== undefined && uid !== undefined) void this.compose.react(how, meant.folder, uid);
  }

  // ---- folders

  async #readPreferences(): Promise<void> {
    const names = ["DraftsBox", "SentBox", "TrashBox", "DeleteMode"];
    const values = await this.session.preferences(...names);
    const name = (preference: string, usual: string) => {
      const value = values[preference];
      return typeof value === "string" && value !== "" ? value : usual;
    };
    const { inbox, junk } = USUAL;
    const [drafts, sent] = [name("DraftsBox", USUAL.drafts), name("SentBox", USUAL.sent)];
    this.#special = { inbox, junk, drafts, sent, trash: name("TrashBox", USUAL.trash) };
    this.#actions.special = this.#special;
    this.#actions.deleteMode = name("DeleteMode", "Move To Trash") as DeleteMode;
  }

  /** INBOX stays open, so that new mail is noticed whatever is looked at. */
  async #watchInbox(): Promise<void> {
    const folder = await this.session.openFolder("INBOX", { fields: ["FLAGS"] });
    const changed = () => {
      this.mailboxes.count("INBOX", folder.unseen);
      this.user.unseenChanged(folder.unseen);
      this.#countSoon();
    };
    folder.on("synced", changed);
    changed();
  }

  /** The folder that is looked at. */
  get #folder(): Folder | undefined {
    return this.#lookedAt.folder;
  }

  #opened(folder: Folder): void {
    folder.on("synced", () => this.#synced(folder));
    folder.on("filled", () => this.#reader.update());
    folder.on("report", ({ mode, uid }) => {
      if (mode !== "removed" || folder !== this.#folder) return;
      this.#list.removed(uid);
      if (uid === this.#reader.uid) this.#close();
    });
  }

  #synced(folder: Folder): void {
    if (folder !== this.#folder) return;
    if (this.#lookedAt.view.filter.kind === "all") this.mailboxes.count(folder.mailbox, folder.unseen);
    this.#countSoon();
    this.#reader.update();
    this.#drawHead();
  }

  #showList(): void {
    const { folder, view } = this.#lookedAt;
    if (folder === undefined) return;
    const source = view.isThreaded ? new Threads(folder) : new Messages(folder);
    const emptyText = view.filter.kind === "all" ? "No messages" : "No message is like that";
    // After a session was lost, the same is looked at in a new one.
    const shown = JSON.stringify([folder.mailbox, view]);
    const isSame = shown === this.#shown;
    this.#shown = shown;
    this.#list.show(source, { isSame, isOutgoing: this.#isOutgoing(folder.mailbox), emptyText });
    this.#drawHead();
  }

  /** The user wants to see the mailbox in another way. */
  #see(view: View): void {
    if (view.isThreaded !== this.#lookedAt.view.isThreaded) seeThreads(view.isThreaded);
    void this.#try(() => this.#lookedAt.see(view));
  }

  #isOutgoing(mailbox: string): boolean {
    const role = roleOf(mailbox, this.#special);
    return role === "sent" || role === "drafts";
  }

  #countSoon(): void {
    clearTimeout(this.#counting);
    this.#counting = setTimeout(() => void this.#count().catch(() => {}), COUNT_AFTER);
  }

  async #count(): Promise<void> {
    this.mailboxes.show(await this.session.mailboxes(), this.#special);
  }

  // ---- mailboxes

  #renamed(from: string, to: string): void {
    const mailbox = renamed(this.#lookedAt.mailbox, from, to);
    if (mailbox !== this.#lookedAt.mailbox) void this.open(mailbox);
  }

  #removed(path: string): void {
    if (this.#lookedAt.mailbox === path || above(this.#lookedAt.mailbox).includes(path)) void this.open("INBOX");
  }

  async #readAll(mailbox: string): Promise<void> {
    const folder = await this.session.openFolder(mailbox, {
      fields: ["FLAGS"],
      filter: "Unseen",
      filterField: "FLAGS",
    });
    try {
      if (folder.messages > 0) await folder.mark({ uids: [{ from: 1, till: folder.newest }] }, "Seen");
    } finally {
      folder.close().catch(() => {});
    }
    await this.#count();
  }

  #mailboxMenu(at: HTMLElement): void {
    const branch = branchAt(this.mailboxes.branches, this.#lookedAt.mailbox);
    if (branch !== undefined) openMenu(at, branch.label, this.mailboxActions.menu(branch));
  }

  // ---- messages

  /** What is to be acted on: what is chosen, or the message that is read. */
  get #targets(): Targets | undefined {
    const { uid } = this.#reader;
    return this.#list.targets ?? (uid === undefined ? undefined : those([uid]));
  }

  get #meant(): Meant | undefined {
    const folder = this.#folder;
    if (folder === undefined) return undefined;
    const [read, current] = [this.#reader.uid, this.#list.current?.row.uid];
    const flagged = current ?? read;
    const flags = flagged === undefined ? new Set<string>() : this.#flags(flagged);
    return { folder, targets: this.#targets, read, current, flags };
  }

  #flags(uid: number): Set<string> {
    const index = this.#folder?.indexOf(uid);
    return flagsOf(index === undefined ? undefined : this.#folder?.row(index));
  }

  async #mark(folder: Folder | undefined, targets: Targets | undefined, flags: string): Promise<void> {
    if (folder !== undefined && targets !== undefined) await this.#actions.mark(folder, targets, flags);
  }

  /** Sets a flag, or clears it if the current message has it. */
  async #toggle(meant: Meant | undefined, flag: string, negative: string): Promise<void> {
    await this.#mark(meant?.folder, meant?.targets, meant?.flags.has(flag) === true ? negative : flag);
  }

  async #move(mailbox: string, meant: Meant | undefined): Promise<void> {
    if (meant?.targets !== undefined) await this.#actions.move(meant.folder, meant.targets, mailbox);
  }

  #pick(meant: Meant): void {
    pickMailbox("Move to", this.mailboxes.branches, meant.folder.mailbox, (path) => void this.#move(path, meant));
  }

  #openMenu(at: Point): void {
    const meant = this.#meant;
    const items = messageMenu(meant?.flags ?? new Set(), (command) => this.run(command, meant));
    openMenu(at, "Messages", items);
  }

  #step(by: 1 | -1): void {
    this.#list.step(by);
    if (!this.#list.isSeen) this.#showCurrent();
  }

  /** Other messages are chosen: who is reading goes on with the one that is. */
  #chosen(): void {
    this.#drawHead();
    this.#reader.update();
    const isReading = this.#reader.uid !== undefined && this.#reader.element.offsetParent !== null;
    if (!isReading || this.#list.targets?.count !== 1) return;
    clearTimeout(this.#showing);
    this.#showing = setTimeout(() => this.#showCurrent(), SHOWN_AFTER);
  }

  #showCurrent(): void {
    const uid = this.#list.current?.row.uid;
    if (uid !== undefined && uid !== this.#reader.uid) void this.#read(uid);
  }

  async #read(uid: number): Promise<void> {
    const folder = this.#folder;
    if (folder === undefined) return;
    // What is written is not read, it is gone on with.
    if (roleOf(folder.mailbox, this.#special) === "drafts") return void this.compose.goOn(folder, uid);
    clearTimeout(this.#showing);
    clearTimeout(this.#seeing);
    this.element.classList.add("reading");
    if (!this.#hasWayBack) history.pushState(null, "");
    this.#hasWayBack = true;
    if (!this.#list.isSeen) this.#reader.element.focus();
    if (!(await this.#reader.show(folder, uid)) || this.#flags(uid).has("Seen")) return;
    this.#seeing = setTimeout(() => {
      if (this.#reader.uid === uid) void this.#try(() => folder.mark({ uids: [uid] }, "Seen"));
    }, SEEN_AFTER);
  }

  #close(): void {
    clearTimeout(this.#showing);
    clearTimeout(this.#seeing);
    const hadFocus = this.#reader.element.contains(document.activeElement);
    this.element.classList.remove("reading");
    this.#reader.clear();
    if (hadFocus) this.#list.focus();
  }

  // ---- what is said

  #drawHead(): void {
    const { folder, mailbox, view, isBusy } = this.#lookedAt;
    const isPart = view.isThreaded && folder !== undefined && folder.messages > THREADED;
    this.#head.show({
      title: mailbox === "INBOX" ? "Inbox" : mailbox.slice(mailbox.lastIndexOf("/") + 1),
      isOutgoing: this.#isOutgoing(mailbox),
      messages: folder?.messages,
      unseen: folder?.unseen ?? 0,
      chosen: this.#list.targets?.count ?? 0,
      view,
      isBusy,
      note: isPart ? `Conversations among the first ${THREADED} messages.` : undefined,
    });
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

function those(uids: number[]): Targets {
  return { set: { uids }, count: uids.length, uids };
}
