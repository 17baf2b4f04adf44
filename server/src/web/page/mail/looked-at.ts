// Which mailbox is looked at, and in which way?

import type { Folder, Session } from "../../sdk";
import { folderView, isSameView, PLAIN, type View } from "./view";

export interface LookedAtUser {
  /** Whether whom a message went to is of interest there, not who it came from. */
  isOutgoing(mailbox: string): boolean;
  /** Another folder is looked at. */
  opened(folder: Folder): void;
  /** The folder shows what is wanted now: its messages are others than before. */
  shown(): void;
  /** The mailbox, the way it is wanted or whether it is shown so already has changed. */
  changed(): void;
}

export class LookedAt {
  #mailbox = "INBOX";
  #folder: Folder | undefined;
  #view: View;
  #isBusy = false;

  constructor(
    private readonly session: Session,
    private readonly user: LookedAtUser,
    isThreaded: boolean,
  ) {
    this.#view = { ...PLAIN, isThreaded };
  }

  get mailbox(): string {
    return this.#mailbox;
  }

  /** The folder on it; `undefined` while it is being opened. */
  get folder(): Folder | undefined {
    return this.#folder;
  }

  /** How it is to be seen. */
  get view(): View {
    return this.#view;
  }

  /** Whether the server is still at it. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** The session that the folder belonged to is gone. */
  lost(): void {
    this.#folder = undefined;
  }

  /** Looks at a mailbox, unless another one is chosen while it is being opened. */
  async open(mailbox: string): Promise<void> {
    if (mailbox !== this.#mailbox) this.#view = { ...PLAIN, isThreaded: this.#view.isThreaded };
    this.#mailbox = mailbox;
    const before = this.#folder;
    this.#folder = undefined;
    this.user.changed();
    before?.close().catch(() => {});
    const view = this.#view;
    const folder = await this.session.openFolder(mailbox, folderView(view, this.user.isOutgoing(mailbox)));
    if (mailbox !== this.#mailbox || this.#folder !== undefined) {
      folder.close().catch(() => {});
      return;
    }
    this.#folder = folder;
    this.user.opened(folder);
    this.user.shown();
    if (!isSameView(view, this.#view)) await this.#reopen();
  }

  /** Looks at it in another way. */
  async see(view: View): Promise<void> {
    this.#view = view;
    this.user.changed();
    if (this.#folder !== undefined && !this.#isBusy) await this.#reopen();
  }

  /** Asks the server for it, again if the user wants it in yet another way by then. */
  async #reopen(): Promise<void> {
    const folder = this.#folder;
    if (folder === undefined) return;
    this.#isBusy = true;
    this.user.changed();
    try {
      let view: View;
      do {
        view = this.#view;
        await folder.reopen(folderView(view, this.user.isOutgoing(folder.mailbox)));
      } while (folder === this.#folder && !isSameView(view, this.#view));
    } finally {
      this.#isBusy = false;
      this.user.changed();
    }
    if (folder === this.#folder) this.user.shown();
  }
}
