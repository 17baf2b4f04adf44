// What is in a mailbox, as one sorted view of it, and how does the client keep up with it?

import { delayAfter } from "./backoff";
import type { Client } from "./client";
import type { Email, MessageSet, ViewerField } from "./content";
import { RequestError, SessionEnded } from "./errors";
import { Events } from "./events";
import { type Item, mimeUrl } from "./mime";
import type { Messages, Requests } from "./protocol";
import { type Row, Table } from "./table";

/** What to show of a mailbox, and in which order. */
export type FolderOptions = Omit<Requests["folderOpen"], "folder" | "mailbox">;

/** The same for a folder that is open; without fields, those that it had. */
export type FolderView = Omit<Requests["folderReopen"], "folder" | "fields"> & { fields?: string[] };

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
  /** The view was built anew, perhaps in another order or with another filter: nothing of it is known yet. */
  reopened: undefined;
  /** The folder is closed, or its session has ended. */
  closed: undefined;
}

/** Rows asked for at once. */
const PAGE = 100;
/** Reports of one `folderSync`. */
const REPORTS = 500;
/** The number of the error that says that something does not exist. */
const NO_OBJECT = 512;

type Report = Messages["folderReport"];

export class Folder extends Events<FolderEvents> {
  #table: Table<FieldsByName>;
  /** What is shown of the mailbox. */
  #view: FolderView;
  #unseen = 0;
  #newest = 0;
  #isOpen = true;
  /** Whether the server has news that were not asked for. */
  #hasNews = false;
  #isSyncing = false;
  /** Who waits until it is not. */
  readonly #atRest: (() => void)[] = [];
  /** The places that are wanted now. */
  #wanted: Places | undefined;
  #isBrowsing = false;

  private constructor(
    private readonly client: Client,
    /** Its name in the session. */
    readonly name: string,
    /** Its mailbox. */
    readonly mailbox: string,
    view: FolderView,
    init: Report,
  ) {
    super();
    this.#view = view;
    this.#table = new Table(0);
    this.#begin(init);
  }

  static async open(client: Client, name: string, mailbox: string, options: FolderOptions): Promise<Folder> {
    const [init] = await client.request("folderOpen", { folder: name, mailbox, ...options });
    const { mailboxClass: _, ...view } = options;
    return new Folder(client, name, mailbox, view, init ?? { folder: name, fields: [] });
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

  /** The highest UID that a message of the view can have: those that come later have higher ones. */
  get newest(): number {
    return this.#newest;
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

  /** Shows the mailbox in another way: sorted or filtered differently, with other fields. */
  async reopen(options: FolderView): Promise<void> {
    const before = this.#view;
    this.#view = options;
    try {
      await this.client.request("folderReopen", { folder: this.name, fields: [], ...options }, (report) => {
        // Here and not when the response comes: what follows is about the new view.
        this.#begin(report);
        this.emit("reopened", undefined);
      });
    } catch (error) {
      if (this.#view === options) this.#view = before;
      throw error;
    }
    void this.#browse();
  }

  /** The UIDs of the messages at these places (`till` is not included), fetched where they are not known. */
  async uids(from: number, till: number): Promise<number[]> {
    // While a sync is on its way, the server's places are not those that are known here.
    while (this.#isSyncing) await new Promise<void>((resolve) => this.#atRest.push(resolve));
    const known = new Map<number, number>();
    const places = Array.from({ length: Math.max(0, Math.min(till, this.messages) - from) }, (_, i) => from + i);
    for (const place of places) {
      const row = this.#table.at(place);
      if (row !== undefined) known.set(place, row.uid);
    }
    const missing = places.filter((place) => !known.has(place));
    const [first, last] = [missing[0], missing.at(-1)];
    if (first !== undefined && last !== undefined) {
      const set: MessageSet = { indexes: [{ from: first, till: last }] };
      const rows = await this.client.request("folderBrowse", { folder: this.name, set });
      for (const { index, UID: uid } of rows) if (index !== undefined && uid !== undefined) known.set(index, uid);
    }
    return places.map((place) => known.get(place)).filter((uid) => uid !== undefined);
  }

  /** The rows of these messages, as the server has them. */
  async rows(set: MessageSet): Promise<FolderRow[]> {
    const reports = await this.client.request("folderBrowse", { folder: this.name, set });
    return reports.flatMap((report) => (report.UID === undefined ? [] : [rowOf(report.UID, report)]));
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
  async mark(set: MessageSet, flags: string): Promise<void> {
    await this.client.request("messageMark", { folder: this.name, flags, set });
  }

  /** Removes messages; without a mode, as the user's preference says. */
  async remove(set: MessageSet, mode?: Requests["messageRemove"]["mode"]): Promise<void> {
    await this.client.request("messageRemove", { folder: this.name, set, ...(mode !== undefined && { mode }) });
  }

  /** Stores a message, with these flags; in the place of an older version of it, if there is one. Returns its UID. */
  async append(email: Email, flags: string, replaces?: number): Promise<number> {
    const older = replaces === undefined ? {} : { replacesUID: replaces };
    const [added] = await this.client.request("messageAppend", {
      folder: this.name,
      flags,
      report: "uid",
      ...older,
      email,
    });
    if (added === undefined) throw new Error("the server does not say where the message is");
    return added.UID;
  }

  /** Copies messages to another mailbox, which is created if it is missing. Returns the UIDs of the copies. */
  async copy(set: MessageSet, targetMailbox: string): Promise<number[]> {
    return this.#transfer("messageCopy", set, targetMailbox);
  }

  /** Moves messages to another mailbox, which is created if it is missing. Returns the UIDs that they have there. */
  async move(set: MessageSet, targetMailbox: string): Promise<number[]> {
    return this.#transfer("messageMove", set, targetMailbox);
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

  #begin({ messages = 0, unseen = 0, UIDNext = 1 }: Report): void {
    this.#table = new Table(messages);
    this.#unseen = unseen;
    this.#newest = UIDNext - 1;
  }

  async #transfer(name: "messageCopy" | "messageMove", set: MessageSet, targetMailbox: string): Promise<number[]> {
    const target = { targetMailbox, mailboxClass: "", report: "uid" } as const;
    const added = await this.client.request(name, { folder: this.name, ...target, set });
    return added.map(({ UID: uid }) => uid);
  }

  async #sync(): Promise<void> {
    if (this.#isSyncing) return;
    this.#isSyncing = true;
    let failures = 0;
    while (this.#hasNews && this.#isOpen) {
      this.#hasNews = false;
      try {
        // Reports of the one that failed may be lost.
        if (failures === 0) await this.#takeNews();
        else await this.reopen(this.#view);
        failures = 0;
        this.emit("synced", undefined);
      } catch (error) {
        // The folder or its session is gone: whoever closes it says so.
        if (isGone(error)) break;
        failures += 1;
        this.#hasNews = true;
        await new Promise((resolve) => setTimeout(resolve, delayAfter(failures + 1)));
      }
    }
    this.#isSyncing = false;
    for (const resolve of this.#atRest.splice(0)) resolve();
    void this.#browse();
  }

  async #takeNews(): Promise<void> {
    const reports = await this.client.request("folderSync", { folder: this.name, limit: REPORTS }, (report) =>
      this.#apply(report),
    );
    // After so many there may be more, and no other notice comes (§8.7 of the protocol text).
    if (reports.length >= REPORTS) this.#hasNews = true;
  }

  #apply(report: Report): void {
    const { index, UID: uid, mode, unseen } = report;
    if (index === undefined || uid === undefined) return;
    if (unseen !== undefined) this.#unseen = unseen;
    switch (mode) {
      case "added":
        this.#newest = Math.max(this.#newest, uid);
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

/** Whether a request has failed because what it is about does not exist any more. */
function isGone(error: unknown): boolean {
  return error instanceof SessionEnded || (error instanceof RequestError && error.errorNum === NO_OBJECT);
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
