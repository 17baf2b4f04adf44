// What does the list have at which place? The messages of a folder, or conversations made of the first of them.

import { Events, fieldText, flagsOf, type Folder, type FolderRow } from "../../sdk";
import { idsOf, threadsOf } from "./threads";

/** A place of the list. */
export interface Entry {
  row: FolderRow;
  /** The messages that are meant when something is done with this place. */
  uids: number[];
  /** How many messages the conversation has that is folded up here; 1: none is. */
  size: number;
  /** Whether any of them is not read. */
  isUnseen: boolean;
  /** Whether this is a conversation that can be folded and unfolded. */
  isThread: boolean;
  /** Whether it stands below the beginning of its conversation. */
  isBelow: boolean;
}

export interface SourceEvents {
  /** What is known of the places has changed, but not which messages they have. */
  filled: undefined;
  /** A message came to this place or left it: those after it have moved. */
  moved: { by: 1 | -1; place: number };
  /** Which message is where has to be looked up again. */
  rebuilt: undefined;
}

export interface Source extends Events<SourceEvents> {
  readonly length: number;
  at(place: number): Entry | undefined;
  /** The place of a message, if it is known. */
  placeOf(uid: number): number | undefined;
  /** These places are looked at. */
  want(from: number, till: number): void;
  /** The messages of these places, fetched where they are not known. */
  uids(from: number, till: number): Promise<number[]>;
  /** Shows the messages of the conversation at a place, or the conversation only. */
  unfold(place: number, isOpen: boolean): void;
  /** The messages of all places; `undefined`: all that the folder has. */
  readonly all: number[] | undefined;
  /** Nothing is looked at any more. */
  release(): void;
}

/** Each place is a message. */
export class Messages extends Events<SourceEvents> implements Source {
  readonly #stop: (() => void)[];

  constructor(private readonly folder: Folder) {
    super();
    this.#stop = [
      folder.on("filled", () => this.emit("filled", undefined)),
      folder.on("synced", () => this.emit("filled", undefined)),
      folder.on("reopened", () => this.emit("rebuilt", undefined)),
      folder.on("report", ({ mode, index }) => {
        if (mode !== "updated") this.emit("moved", { by: mode === "added" ? 1 : -1, place: index });
      }),
    ];
  }

  get length(): number {
    return this.folder.messages;
  }

  at(place: number): Entry | undefined {
    const row = this.folder.row(place);
    if (row === undefined) return undefined;
    const isUnseen = !flagsOf(row).has("Seen");
    return { row, uids: [row.uid], size: 1, isUnseen, isThread: false, isBelow: false };
  }

  placeOf(uid: number): number | undefined {
    return this.folder.indexOf(uid);
  }

  want(from: number, till: number): void {
    this.folder.want(from, till);
  }

  uids(from: number, till: number): Promise<number[]> {
    return this.folder.uids(from, till);
  }

  unfold(): void {
    // A message has nothing below it.
  }

  get all(): undefined {
    return undefined;
  }

  release(): void {
    for (const stop of this.#stop) stop();
  }
}

/** How many messages are looked through for conversations. */
export const THREADED = 500;

/** Each place is a conversation among the first messages of the folder, or a message of one that is unfolded. */
export class Threads extends Events<SourceEvents> implements Source {
  readonly #stop: (() => void)[];
  #entries: Entry[] = [];
  /** The first messages of the conversations that are unfolded. */
  readonly #open = new Set<number>();
  /** The conversations of the last time, by any of their messages. */
  #threads: number[][] = [];

  constructor(private readonly folder: Folder) {
    super();
    this.#stop = [
      folder.on("filled", () => this.#build()),
      folder.on("synced", () => this.#build()),
      folder.on("reopened", () => this.#build()),
    ];
    this.#build();
  }

  get length(): number {
    return this.#entries.length;
  }

  at(place: number): Entry | undefined {
    return this.#entries[place];
  }

  placeOf(uid: number): number | undefined {
    const own = this.#entries.findIndex(({ row }) => row.uid === uid);
    if (own >= 0) return own;
    const folded = this.#entries.findIndex(({ uids }) => uids.includes(uid));
    return folded < 0 ? undefined : folded;
  }

  want(): void {
    this.folder.want(0, THREADED);
  }

  uids(from: number, till: number): Promise<number[]> {
    return Promise.resolve(this.#entries.slice(from, till).flatMap(({ uids }) => uids));
  }

  unfold(place: number, isOpen: boolean): void {
    const uid = this.#entries[place]?.row.uid;
    const thread = this.#threads.find((uids) => uid !== undefined && uids.includes(uid));
    for (const each of thread ?? []) this.#open.delete(each);
    // Any message of it will do: which one comes first changes.
    if (isOpen) for (const each of thread ?? []) this.#open.add(each);
    this.#build();
  }

  get all(): number[] {
    return this.#entries.flatMap(({ uids }) => uids);
  }

  release(): void {
    for (const stop of this.#stop) stop();
  }

  #build(): void {
    const rows = new Map<number, FolderRow>();
    for (let place = 0; place < Math.min(THREADED, this.folder.messages); place += 1) {
      const row = this.folder.row(place);
      if (row !== undefined) rows.set(row.uid, row);
    }
    this.#threads = threadsOf([...rows.values()].map(threadable));
    this.#entries = this.#threads.flatMap((uids) => {
      const isOpen = uids.length > 1 && uids.some((uid) => this.#open.has(uid));
      const all = uids.map((uid) => rows.get(uid)).filter((row) => row !== undefined);
      return isOpen ? all.map((row, i) => unfolded(row, i)) : folded(all);
    });
    this.emit("rebuilt", undefined);
  }
}

function folded(rows: FolderRow[]): Entry[] {
  const [row] = rows;
  if (row === undefined) return [];
  const isUnseen = rows.some((each) => !flagsOf(each).has("Seen"));
  const uids = rows.map(({ uid }) => uid);
  return [{ row, uids, size: rows.length, isUnseen, isThread: rows.length > 1, isBelow: false }];
}

function unfolded(row: FolderRow, place: number): Entry {
  const isUnseen = !flagsOf(row).has("Seen");
  return { row, uids: [row.uid], size: 1, isUnseen, isThread: place === 0, isBelow: place > 0 };
}

function threadable(row: FolderRow) {
  const references = ["References", "In-Reply-To"].flatMap((field) => idsOf(fieldText(row, field)));
  const [messageId = ""] = idsOf(fieldText(row, "Message-ID"));
  return { uid: row.uid, messageId, references, subject: fieldText(row, "Subject") };
}
