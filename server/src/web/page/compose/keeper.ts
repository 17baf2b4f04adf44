// How is a message kept that is being written? As a draft, a while after it was changed.

import type { Email, Folder, MessagePlace, Session } from "../../sdk";

/** How long a draft is left alone before it is kept, in ms. */
const KEEP_AFTER = 2_500;

/** The message as it stood at some time. */
export interface Version {
  email: Email;
  /** It is kept there now. */
  kept(folder: Folder, uid: number): Promise<void>;
}

export interface KeeperUser {
  /** The message as it stands; `undefined`: there is nothing to be kept. */
  version(): Version | undefined;
  /** What is to be said of it. */
  say(text: string): void;
}

export class Keeper {
  #folder: Folder | undefined;
  #uid: number | undefined;
  /** What is kept there. */
  #version: Version | undefined;
  /** Whether the version does not know yet where it is. */
  #isAstray = false;
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
  async goOn(uid: number, version: Version | undefined): Promise<Folder> {
    this.#uid = uid;
    this.#version = version;
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
    if (!this.#isChanged || this.user.version() === undefined) return;
    this.#isChanged = false;
    this.user.say("Saving …");
    try {
      const folder = await this.#open();
      const version = this.user.version();
      if (version === undefined) return;
      this.#uid = await folder.append(version.email, "Draft,Seen", this.#uid);
      this.#version = version;
      this.#isAstray = true;
      this.#hasKept = true;
      await this.#find(folder);
      this.user.say("Draft saved");
    } catch (error) {
      this.#isChanged = true;
      this.user.say("The draft is not saved");
      throw error;
    }
  }

  /** A session that was lost has taken the folder with it: the draft is in another one then. */
  async #open(): Promise<Folder> {
    let folder = this.#folder;
    if (folder?.isOpen !== true) {
      if (folder !== undefined) this.#isAstray = true;
      folder = await this.session.openFolder(this.mailbox, { fields: ["FLAGS"], mailboxClass: "" });
      this.#folder = folder;
    }
    await this.#find(folder);
    return folder;
  }

  /** Tells the version where it is. */
  async #find(folder: Folder): Promise<void> {
    if (!this.#isAstray || this.#uid === undefined) return;
    await this.#version?.kept(folder, this.#uid);
    this.#isAstray = false;
  }
}
