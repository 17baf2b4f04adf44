// What can an application do once it is logged in?

import { Calls, type SavedCalls } from "./calls";
import { Client, type SavedClient } from "./client";
import { type OpenSocket, openWebSocket } from "./connection";
import type { Email, PreferenceValue } from "./content";
import { Folder, type FolderOptions } from "./folder";
import { FileStorage } from "./file-storage";
import type { Messages } from "./protocol";

/** What a page that is loaded again needs to go on: plain data, for `sessionStorage`. */
export interface SavedSession {
  client: SavedClient;
  calls: SavedCalls;
  /** Names of the folders that were open. */
  folders: string[];
}

/** Where a message is: the name of an open folder, and its UID there. */
export interface MessagePlace {
  folder: string;
  uid: number;
}

export class Session {
  readonly client: Client;
  readonly calls: Calls;
  readonly files: FileStorage;
  readonly #folders = new Map<string, Folder>();
  #opened = 0;

  /** `server` is where the gateway is, such as `https://example.org`. */
  constructor(server: string, openSocket: OpenSocket = openWebSocket) {
    this.client = new Client(server, openSocket);
    this.calls = new Calls(this.client);
    this.files = new FileStorage(this.client);
    this.client.on("folderReport", ({ folder, mode }) => {
      if (mode === "notify") this.#folders.get(folder)?.notified();
    });
    this.client.on("renewed", () => this.#dropFolders());
    this.client.on("state", ({ name }) => {
      if (name !== "ended") return;
      this.#dropFolders();
      for (const call of this.calls.list()) call.lost();
    });
  }

  login(account: string, password: string): Promise<void> {
    return this.client.login(account, password);
  }

  /** Goes on where another page was left. Its calls are here again, without sound; its folders are closed. */
  async resume({ client, calls, folders }: SavedSession): Promise<"resumed" | "begun"> {
    this.calls.restore(calls);
    const how = await this.client.resume(client);
    if (how === "resumed") {
      for (const folder of folders) this.client.request("folderClose", { folder }).catch(() => {});
    }
    return how;
  }

  /** What `resume` will need; `undefined` if nobody is logged in. */
  save(): SavedSession | undefined {
    const client = this.client.save();
    return client && { client, calls: this.calls.save(), folders: [...this.#folders.keys()] };
  }

  logout(): Promise<void> {
    return this.client.logout();
  }

  /** All mailboxes, with the containers that have only mailboxes below them. */
  mailboxes(): Promise<Messages["mailbox"][]> {
    return this.client.request("mailboxList", { pureFolder: true });
  }

  async createMailbox(mailbox: string): Promise<void> {
    await this.client.request("mailboxCreate", { mailbox });
  }

  /** Renames a mailbox, and those below it with it. Folders on it stay open. */
  async renameMailbox(mailbox: string, newName: string): Promise<void> {
    await this.client.request("mailboxRename", { mailbox, newName, children: true });
  }

  /** Removes a mailbox with its messages, and those below it. */
  async removeMailbox(mailbox: string): Promise<void> {
    await this.client.request("mailboxRemove", { mailbox, children: true });
  }

  /** Removes all messages of a mailbox for good. */
  async emptyMailbox(mailbox: string): Promise<void> {
    await this.client.request("emptyMailbox", { mailbox, duration: "0" });
  }

  /** The values of preferences that are in force; those without a value are absent. */
  async preferences(...names: string[]): Promise<Record<string, PreferenceValue>> {
    const [prefs] = await this.client.request("prefsRead", { names });
    return prefs?.preferences ?? {};
  }

  /** Sends a message. What it answers is marked so, its draft is removed. */
  async submit(email: Email, { answers, draft }: { answers?: MessagePlace; draft?: MessagePlace } = {}): Promise<void> {
    await this.client.request("messageSubmit", {
      email,
      ...(answers && { replyFolder: answers.folder, replyUID: answers.uid }),
      ...(draft && { draftFolder: draft.folder, draftUID: draft.uid }),
    });
  }

  /** Opens a mailbox as a folder of its own, which keeps up with the mailbox until it is closed. */
  async openFolder(mailbox: string, options: FolderOptions): Promise<Folder> {
    this.#opened += 1;
    const folder = await Folder.open(this.client, `${mailbox} ${this.#opened}`, mailbox, options);
    this.#folders.set(folder.name, folder);
    folder.on("closed", () => this.#folders.delete(folder.name));
    return folder;
  }

  #dropFolders(): void {
    for (const folder of [...this.#folders.values()]) folder.ended();
  }
}
