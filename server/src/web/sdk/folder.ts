// What is in a mailbox, as one sorted view of it, and how does the client keep up with it?

import type { Client } from "./client";
import type { Email, MessageSet, ViewerField } from "./content";
import { SessionEnded } from "./errors";
import { Events } from "./events";
import { type Item, mimeUrl } from "./mime";
import type { Messages, Requests } from "./protocol";
import { type Row, Table } from "./table";

/** What to show of a mailbox, and in which order. */
export type FolderOptions = Omit<Requests["folderOpen"], "folder" | "mailbox">;

/** A row of a folder, its fields by name. */
export type FolderRow = Row<FieldsByName>;
export type FieldsByName = ReadonlyMap<string, ViewerField[]>;

/** Places in the view, counted from 0; `till` is not included. */
export interface Places {
  from: number;
  till: number;
}

export interface FolderEvents {
  /** Rows asked for are there. */
  filled: Places;
  /** A message was added to the view or removed from it, or has changed. Those after it have moved. */
  report: { mode: "added" | "removed" | "updated"; index: number; uid: number };
  /** The view is as it was on the server when it was asked last. */
  synced: undefined;
  /** The folder is closed, or its session has ended. */
  closed: undefined;
}

/** Rows asked for at once. */
const PAGE = 100;
/** Reports of one `folderSync`. */
const REPORTS = 500;

type Report = Messages["folderReport"];

export class Folder extends Events<FolderEvents> {
  #table: Table<FieldsByName>;
  #unseen: number;
  #isOpen = true;
  /** Whether the server has news that were not asked for. */
  #hasNews = false;
  #isSyncing = false;
  /** The places that are wanted now. */
  #wanted: Places | undefined;
  #isBrowsing = false;

  private constructor(
    private readonly client: Client,
    /** Its name in the session. */
    readonly name: string,
    /** Its mailbox. */
    readonly mailbox: string,
    init: Report,
  ) {
    super();
    this.#table = new Table(init.messages ?? 0);
    this.#unseen = init.unseen ?? 0;
  }

  static async open(client: Client, name: string, mailbox: string, options: FolderOptions): Promise<Folder> {
    const [init] = await client.request("folderOpen", { folder: name, mailbox, ...options });
    return new Folder(client, name, mailbox, init ?? { folder: name, fields: [] });
  }

  /** How many messages the view has. */
  get messages(): number {
    return this.#table.length;
  }

  /** How many of them were not seen. */
  get unseen(): number {
    return this.#unseen;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The row at a place, counted from 0; `undefined` if it is not there yet. */
  row(index: number): FolderRow | undefined {
    return this.#table.at(index);
  }

  /** The place of a message, if its row is known. */
  indexOf(uid: number): number | undefined {
    return this.#table.indexOf(uid);
  }

  /** Fetches the rows of these places (`till` is not included), if they are not known. Whoever asks later is served
   * first: scrolling past rows does not wait for them. */
  want(from: number, till: number): void {
    this.#wanted = { from, till };
    void this.#browse();
  }

  /** Asks for a message, or, with a mode, for an answer to it or a message for others to begin with. Does not mark it as
   * seen. */
  async read(uid: number, totalSizeLimit?: number, mode?: Requests["folderRead"]["mode"]): Promise<Email> {
    const options = {
      ...(totalSizeLimit !== undefined && { totalSizeLimit }),
      ...(mode !== undefined && { mode }),
    };
    const [message] = await this.client.request("folderRead", { folder: this.name, UID: uid, ...options });
    return message?.email ?? { headers: [] };
  }

  /** Sets the flags named and clears those named negatively: `Seen`, `Unflagged`. */
  async mark(uids: number[], flags: string): Promise<void> {
    await this.client.request("messageMark", { folder: this.name, flags, set: { uids } });
  }

  /** Removes messages; without a mode, as the user's preference says. */
  async remove(uids: number[], mode?: Requests["messageRemove"]["mode"]): Promise<void> {
    const set: MessageSet = { uids };
    await this.client.request("messageRemove", { folder: this.name, set, ...(mode !== undefined && { mode }) });
  }

  /** Copies messages to another mailbox. */
  async copy(uids: number[], targetMailbox: string): Promise<void> {
    await this.client.request("messageCopy", { folder: this.name, targetMailbox, set: { uids } });
  }

  /** The URL of a message or of a part of it. */
  url(uid: number, item: Item): string {
    const { server, identity } = this.client;
    if (identity === undefined) throw new SessionEnded("there is no session");
    return mimeUrl(server, identity.urlID, this.name, uid, item);
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.ended();
    await this.client.request("folderClose", { folder: this.name });
  }

  // ---- what the session tells

  /** The server says that something has changed. */
  notified(): void {
    this.#hasNews = true;
    void this.#sync();
  }

  /** The session is gone, and the folder with it. */
  ended(): void {
    this.#isOpen = false;
    this.emit("closed", undefined);
  }

  // ----

  async #sync(): Promise<void> {
    if (this.#isSyncing) return;
    this.#isSyncing = true;
    try {
      while (this.#hasNews && this.#isOpen) {
        this.#hasNews = false;
        const reports = await this.client.request(
          "folderSync",
          { folder: this.name, limit: REPORTS },
          (report) => this.#apply(report),
        );
        // After so many there may be more, and no other notice comes (§8.7 of the protocol text).
        if (reports.length >= REPORTS) this.#hasNews = true;
        this.emit("synced", undefined);
      }
    } catch {
      // The folder or its session is gone: whoever closes it says so.
    } finally {
      this.#isSyncing = false;
    }
    void this.#browse();
  }

  #apply(report: Report): void {
    const { index, UID: uid, mode, unseen } = report;
    if (index === undefined || uid === undefined) return;
    if (unseen !== undefined) this.#unseen = unseen;
    switch (mode) {
      case "added":
        this.#table.insert(index, rowOf(uid, report));
        this.emit("report", { mode, index, uid });
        return;
      case "removed":
        this.#table.remove(index);
        this.emit("report", { mode, index, uid });
        return;
      case "updated":
      case "attrsUpdated":
        this.#table.fill(index, rowOf(uid, report));
        this.emit("report", { mode: "updated", index, uid });
        return;
      case undefined:
        this.#table.fill(index, rowOf(uid, report));
        return;
      case "init":
      case "notify":
      case "error":
        return;
    }
  }

  async #browse(): Promise<void> {
    if (this.#isBrowsing) return;
    this.#isBrowsing = true;
    try {
      let asked: Places | undefined;
      for (let next = this.#next(); next !== undefined; next = this.#next()) {
        // Rows that the server did not give are not asked for again at once.
        if (next.from === asked?.from && next.till === asked.till) break;
        asked = next;
        const set: MessageSet = { indexes: [{ from: next.from, till: next.till - 1 }] };
        await this.client.request("folderBrowse", { folder: this.name, set }, (row) => this.#apply(row));
        this.emit("filled", next);
      }
    } catch {
      // As above.
    } finally {
      this.#isBrowsing = false;
    }
  }

  #next(): Places | undefined {
    if (this.#wanted === undefined || !this.#isOpen) return undefined;
    const { from, till } = this.#wanted;
    this.#table.trim((from + till) >> 1);
    const missing = this.#table.missing(from, till);
    return missing && { from: missing.from, till: Math.min(missing.till, missing.from + PAGE) };
  }
}

/** The text of a field of a row; empty if the row or the field is not there. */
export function fieldText(row: FolderRow | undefined, field: string): string {
  return row?.fields.get(field)?.[0]?.text ?? "";
}

/** The flags of a row, which needs the field `FLAGS`. */
export function flagsOf(row: FolderRow | undefined): Set<string> {
  return new Set(fieldText(row, "FLAGS").split(",").filter(Boolean));
}

function rowOf(uid: number, report: Report): FolderRow {
  const fields = new Map<string, ViewerField[]>();
  for (const field of report.fields) {
    const values = fields.get(field.field);
    if (values === undefined) fields.set(field.field, [field]);
    else values.push(field);
  }
  return { uid, fields };
}
