// How do the mailboxes, the list and the message go together?

import { flagsOf, type Folder, type Session, SessionEnded } from "../../sdk";
import { Compose, type Reaction } from "../compose/compose";
import { h } from "../dom";
import { openMenu } from "../menu";
import { seesThreads, seeThreads } from "../storage";
import type { Toasts } from "../toast";
import { problem } from "../words";
import { Actions, type DeleteMode } from "./actions";
import { showHelp } from "./help";
import { type Command, commandOf, isTyping } from "./keys";
import { MessageList, type Targets } from "./list";
import { ListHead } from "./list-head";
import { MailboxActions } from "./mailbox-actions";
import { MailboxTree } from "./mailboxes";
import { pickMailbox } from "./pick";
import { Reader } from "./reader";
import { Messages, THREADED, Threads } from "./source";
import { splitter } from "./splitter";
import { above, renamed, roleOf, type Special, USUAL } from "./tree";
import { folderView, isSameView, PLAIN, type View } from "./view";

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
  /** What is looked at; `undefined` while it is being opened. */
  #folder: Folder | undefined;
  /** Its mailbox. */
  #mailbox = "INBOX";
  #special: Special = USUAL;
  /** How it is to be seen, and whether the server is still at it. */
  #view: View = { ...PLAIN, isThreaded: seesThreads() };
  #isBusy = false;
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
    this.compose = new Compose(session, toasts, () => this.#special, () => this.#countSoon());
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
      drop: (mailbox) => void this.#move(mailbox),
      menu: (branch, at) => openMenu(at, branch.label, this.mailboxActions.menu(branch)),
      rename: (branch) => this.mailboxActions.rename(branch),
      remove: (branch) => this.mailboxActions.remove(branch),
    });
    this.#list = new MessageList({
      open: (uid) => void this.#read(uid),
      chosen: () => this.#chosen(),
      star: (uids, isStarred) => void this.#mark({ set: { uids }, count: uids.length }, isStarred ? "Flagged" : "Unflagged"),
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
    this.#folder = undefined;
    await this.#try(async () => {
      await this.#readPreferences();
      await this.#watchInbox();
      await this.#look(this.#mailbox);
      await this.#count();
      if (uid !== undefined && this.#folder !== undefined) await this.#reader.show(this.#folder, uid);
    });
  }

  /** Looks at a mailbox. */
  async open(mailbox: string): Promise<void> {
    this.#close();
    if (mailbox === this.#folder?.mailbox) return;
    const before = this.#folder;
    this.#folder = undefined;
    this.#mailbox = mailbox;
    this.#view = { ...PLAIN, isThreaded: this.#view.isThreaded };
    this.mailboxes.select(mailbox);
    this.#list.show(undefined);
    this.#drawHead();
    before?.close().catch(() => {});
    await this.#try(() => this.#look(mailbox));
  }

  /** Does what a key, a button or a menu says. */
  run(command: Command): void {
    const targets = this.#targets;
    switch (command) {
      case "compose":
        return void this.compose.write();
      case "reply":
      case "replyAll":
      case "forward":
        return this.#react(command);
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
        if (this.#folder !== undefined && targets !== undefined) this.#actions.remove(this.#folder, targets);
        return;
      case "move":
        if (targets !== undefined) this.#pick();
        return;
      case "toggleSeen":
        clearTimeout(this.#seeing);
        return void this.#toggle("Seen", "Unseen");
      case "toggleStar":
        return void this.#toggle("Flagged", "Unflagged");
      case "toggleJunk":
        return void this.#toggle("Junk", "NotJunk");
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
  #react(how: Reaction): void {
    const uid = this.#reader.uid ?? this.#list.current?.row.uid;
    if (this.#folder !== undefined && uid !== undefined) void this.compose.react(how, this.#folder, uid);
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

  /** Shows a mailbox, unless another one was chosen meanwhile. */
  async #look(mailbox: string): Promise<void> {
    const view = this.#view;
    const folder = await this.session.openFolder(mailbox, folderView(view, this.#isOutgoing(mailbox)));
    if (mailbox !== this.#mailbox || this.#folder !== undefined) {
      folder.close().catch(() => {});
      return;
    }
    this.#folder = folder;
    folder.on("synced", () => this.#synced(folder));
    folder.on("filled", () => this.#reader.update());
    folder.on("report", ({ mode, uid }) => {
      if (mode !== "removed" || folder !== this.#folder) return;
      this.#list.removed(uid);
      if (uid === this.#reader.uid) this.#close();
    });
    this.#showList(false);
    if (!isSameView(view, this.#view)) await this.#reopen();
  }

  #synced(folder: Folder): void {
    if (folder !== this.#folder) return;
    if (this.#view.filter.kind === "all") this.mailboxes.count(folder.mailbox, folder.unseen);
    this.#countSoon();
    this.#reader.update();
    this.#drawHead();
  }

  #showList(isSame: boolean): void {
    const folder = this.#folder;
    if (folder === undefined) return;
    const source = this.#view.isThreaded ? new Threads(folder) : new Messages(folder);
    const isOutgoing = this.#isOutgoing(folder.mailbox);
    const emptyText = this.#view.filter.kind === "all" ? "No messages" : "No message is like that";
    this.#list.show(source, { isSame, isOutgoing, emptyText });
    this.#drawHead();
  }

  /** The user wants to see the mailbox in another way. */
  #see(view: View): void {
    const before = this.#view;
    this.#view = view;
    if (view.isThreaded !== before.isThreaded) seeThreads(view.isThreaded);
    this.#drawHead();
    if (this.#folder !== undefined && !this.#isBusy) void this.#try(() => this.#reopen());
  }

  /** Asks the server for it, again if the user wants it in yet another way by then. */
  async #reopen(): Promise<void> {
    const folder = this.#folder;
    if (folder === undefined) return;
    this.#isBusy = true;
    this.#drawHead();
    try {
      let view: View;
      do {
        view = this.#view;
        await folder.reopen(folderView(view, this.#isOutgoing(folder.mailbox)));
      } while (folder === this.#folder && !isSameView(view, this.#view));
    } finally {
      this.#isBusy = false;
      this.#drawHead();
    }
    if (folder === this.#folder) this.#showList(false);
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
    const mailbox = renamed(this.#mailbox, from, to);
    if (mailbox !== this.#mailbox) void this.open(mailbox);
  }

  #removed(path: string): void {
    if (this.#mailbox === path || above(this.#mailbox).includes(path)) void this.open("INBOX");
  }

  async #readAll(mailbox: string): Promise<void> {
    const folder = await this.session.openFolder(mailbox, { fields: ["FLAGS"], filter: "Unseen", filterField: "FLAGS" });
    try {
      if (folder.messages > 0) await folder.mark({ uids: [{ from: 1, till: folder.newest }] }, "Seen");
    } finally {
      folder.close().catch(() => {});
    }
    await this.#count();
  }

  #mailboxMenu(at: HTMLElement): void {
    const find = (branches: MailboxTree["branches"]): MailboxTree["branches"][number] | undefined => {
      for (const branch of branches) {
        const found = branch.path === this.#mailbox ? branch : find(branch.children);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    const branch = find(this.mailboxes.branches);
    if (branch !== undefined) openMenu(at, branch.label, this.mailboxActions.menu(branch));
  }

  // ---- messages

  /** What is to be acted on: what is chosen, or the message that is read. */
  get #targets(): Targets | undefined {
    const { uid } = this.#reader;
    return this.#list.targets ?? (uid === undefined ? undefined : { set: { uids: [uid] }, count: 1 });
  }

  #flags(uid: number): Set<string> {
    const index = this.#folder?.indexOf(uid);
    return flagsOf(index === undefined ? undefined : this.#folder?.row(index));
  }

  async #mark(targets: Targets | undefined, flags: string): Promise<void> {
    if (this.#folder !== undefined && targets !== undefined) await this.#actions.mark(this.#folder, targets, flags);
  }

  /** Sets a flag, or clears it if the current message has it. */
  async #toggle(flag: string, negative: string): Promise<void> {
    const uid = this.#list.current?.row.uid ?? this.#reader.uid;
    const isSet = uid !== undefined && this.#flags(uid).has(flag);
    await this.#mark(this.#targets, isSet ? negative : flag);
  }

  async #move(mailbox: string): Promise<void> {
    const targets = this.#targets;
    if (this.#folder !== undefined && targets !== undefined) await this.#actions.move(this.#folder, targets, mailbox);
  }

  #pick(): void {
    pickMailbox("Move to", this.mailboxes.branches, this.#mailbox, (path) => void this.#move(path));
  }

  #openMenu(at: { x: number; y: number }): void {
    const uid = this.#list.current?.row.uid;
    const flags = uid === undefined ? new Set<string>() : this.#flags(uid);
    const run = (command: Command) => () => this.run(command);
    openMenu(at, "Messages", [
      { label: "Reply", icon: "reply", run: run("reply") },
      { label: "Forward", icon: "forward", run: run("forward") },
      flags.has("Seen")
        ? { label: "Mark unread", icon: "mail", run: run("toggleSeen") }
        : { label: "Mark read", icon: "read", run: run("toggleSeen") },
      { label: flags.has("Flagged") ? "Take the star away" : "Star", icon: "star", run: run("toggleStar") },
      { label: flags.has("Junk") ? "No junk" : "Junk", icon: "junk", run: run("toggleJunk") },
      { label: "Move to …", icon: "move", run: run("move") },
      { label: "Delete", icon: "trash", run: run("remove"), isDangerous: true },
    ]);
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
    const folder = this.#folder;
    const title = this.#mailbox === "INBOX" ? "Inbox" : this.#mailbox.slice(this.#mailbox.lastIndexOf("/") + 1);
    const isPart = this.#view.isThreaded && folder !== undefined && folder.messages > THREADED;
    this.#head.show({
      title,
      isOutgoing: this.#isOutgoing(this.#mailbox),
      messages: folder?.messages,
      unseen: folder?.unseen ?? 0,
      chosen: this.#list.targets?.count ?? 0,
      view: this.#view,
      isBusy: this.#isBusy,
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
