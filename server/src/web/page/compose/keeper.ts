// How is a message kept that is being written? As a draft, a while after it was changed.

import type { Email, Folder, MessagePlace, Session } from "../../sdk";

/** How long a draft is left alone before it is kept, in ms. */
const KEEP_AFTER = 2_500;

export interface KeeperUser {
  /** The message as it stands; `undefined`: there is nothing to be kept. */
  email(): Email | undefined;
  /** It is kept there now. */
  kept(folder: Folder, uid: number): Promise<void>;
  /** What is to be said of it. */
  say(text: string): void;
}

export class Keeper {
  #folder: Folder | undefined;
  #uid: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isChanged = false;
  #hasKept = false;
  /** Keeps one version after the other. */
  #keeping: Promise<void> = Promise.resolve();

  constructor(
    private readonly session: Session,
    private readonly mailbox: string,
    private readonly user: KeeperUser,
  ) {}

  /** The draft was there before, and goes once another version is kept. */
  async goOn(uid: number): Promise<Folder> {
    this.#uid = uid;
    return this.#open();
  }

  /** Where the draft is, if it is kept. */
  get place(): MessagePlace | undefined {
    if (this.#folder?.isOpen !== true || this.#uid === undefined) return undefined;
    return { folder: this.#folder.name, uid: this.#uid };
  }

  /** Whether it has kept any version. */
  get hasKept(): boolean {
    return this.#hasKept;
  }

  get isChanged(): boolean {
    return this.#isChanged;
  }

  /** The message is not as it was. */
  changed(): void {
    this.#isChanged = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.keep().catch(() => {}), KEEP_AFTER);
  }

  /** Keeps what has changed. */
  keep(): Promise<void> {
    clearTimeout(this.#timer);
    this.#keeping = this.#keeping.catch(() => {}).then(() => this.#keep());
    return this.#keeping;
  }

  /** Nothing is kept any more; what is being kept is waited for, and found again if it was lost. */
  async rest(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#keeping.catch(() => {});
    if (this.#uid !== undefined) await this.#open();
  }

  /** The draft is not wanted any more. */
  async discard(): Promise<void> {
    await this.rest();
    if (this.#folder?.isOpen === true && this.#uid !== undefined) {
      await this.#folder.remove({ uids: [this.#uid] }, "Immediately");
    }
    this.close();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#folder?.close().catch(() => {});
    this.#folder = undefined;
  }

  async #keep(): Promise<void> {
    if (!this.#isChanged || this.user.email() === undefined) return;
    this.#isChanged = false;
    this.user.say("Saving …");
    try {
      const folder = await this.#open();
      const email = this.user.email();
      if (email === undefined) return;
      this.#uid = await folder.append(email, "Draft,Seen", this.#uid);
      this.#hasKept = true;
      await this.user.kept(folder, this.#uid);
      this.user.say("Draft saved");
    } catch (error) {
      this.#isChanged = true;
      this.user.say("The draft is not saved");
      throw error;
    }
  }

  /** A session that was lost has taken the folder with it: the draft is in another one then. */
  async #open(): Promise<Folder> {
    if (this.#folder?.isOpen === true) return this.#folder;
    const isLost = this.#folder !== undefined;
    this.#folder = await this.session.openFolder(this.mailbox, { fields: ["FLAGS"], mailboxClass: "" });
    if (isLost && this.#uid !== undefined) await this.user.kept(this.#folder, this.#uid);
    return this.#folder;
  }
}
