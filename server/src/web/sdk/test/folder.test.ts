import { describe, expect, test, vi } from "vitest";
import type { Client } from "../client";
import { RequestError } from "../errors";
import { fieldText, flagsOf, Folder } from "../folder";
import type { Messages, Requests } from "../protocol";
import { MOST_ROWS, Table } from "../table";
import { generator } from "./random";

type Report = Messages["folderReport"];

interface Row {
  uid: number;
  version: number;
}

/** The server's side of a folder: the mailbox as it is, and the view as the client was told of it. */
class Mailbox {
  rows: Row[] = [];
  view: Row[] = [];
  notify = () => {};
  #isNotified = false;
  #nextUid = 1;

  add(index: number): void {
    this.rows.splice(index, 0, { uid: this.#nextUid++, version: 0 });
    this.#changed();
  }

  remove(index: number): void {
    this.rows.splice(index, 1);
    this.#changed();
  }

  touch(index: number): void {
    this.rows = this.rows.map((row, i) => (i === index ? { ...row, version: row.version + 1 } : row));
    this.#changed();
  }

  /** Brings the view a step further at a time: removals, additions, updates. */
  sync(limit: number): Report[] {
    const reports: Report[] = [];
    this.#isNotified = false;
    for (let change = this.#step(); change !== undefined; change = this.#step()) {
      reports.push(change);
      if (reports.length >= limit) break;
    }
    return reports;
  }

  open(): Report {
    this.view = [...this.rows];
    this.#isNotified = false;
    const counts = { messages: this.view.length, unseen: unseenOf(this.view), UIDNext: this.#nextUid };
    return { folder: "f", mode: "init", ...counts, fields: [] };
  }

  browse(from: number, till: number): Report[] {
    return this.view.slice(from, till + 1).map((row, i) => report(row, from + i));
  }

  #changed(): void {
    if (!this.#isNotified) this.notify();
    this.#isNotified = true;
  }

  #step(): Report | undefined {
    const gone = this.view.findIndex(({ uid }) => !this.rows.some((row) => row.uid === uid));
    if (gone >= 0) return this.#report("removed", gone, this.view.splice(gone, 1)[0]);
    for (const [index, row] of this.rows.entries()) {
      const known = this.view[index];
      if (known?.uid !== row.uid) {
        this.view.splice(index, 0, row);
        return this.#report("added", index, row);
      }
    }
    const old = this.rows.findIndex((row, index) => this.view[index]?.version !== row.version);
    if (old < 0) return undefined;
    const row = this.rows[old];
    if (row !== undefined) this.view[old] = row;
    return this.#report("updated", old, row);
  }

  #report(mode: "removed" | "added" | "updated", index: number, row: Row | undefined): Report {
    const of = report(row ?? { uid: 0, version: 0 }, index);
    return { ...of, mode, messages: this.view.length, unseen: unseenOf(this.view) };
  }
}

function unseenOf(view: Row[]): number {
  return view.filter(({ version }) => version === 0).length;
}

function report({ uid, version }: Row, index: number): Report {
  const fields = [
    { field: "FLAGS", text: version === 0 ? "" : "Seen,Flagged" },
    { field: "Subject", text: `${uid}.${version}` },
  ];
  return { folder: "f", index, UID: uid, fields };
}

/** A client whose requests about a folder are answered by the mailbox, in order, a while after they are made. */
class Desk {
  readonly #waiting: (() => void)[] = [];
  browsed = 0;
  /** The names of requests, as they were made. */
  readonly asked: string[] = [];
  /** The numbers of the errors that the next requests fail with, though they are carried out. */
  failing: number[] = [];

  constructor(readonly mailbox: Mailbox) {}

  get client(): Client {
    return this as unknown as Client;
  }

  request(name: string, value: Requests["folderBrowse"] & Requests["folderSync"], onData?: (r: Report) => void) {
    this.asked.push(name);
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        const reports = this.#answer(name, value);
        const error = this.failing.shift();
        if (error !== undefined) return reject(new RequestError(name, "no", error));
        for (const each of reports) onData?.(each);
        resolve(reports);
      });
    });
  }

  /** Answers one request, if there is one. */
  async answer(): Promise<boolean> {
    const run = this.#waiting.shift();
    run?.();
    for (let i = 0; i < 10; i += 1) await Promise.resolve();
    return run !== undefined;
  }

  async answerAll(): Promise<void> {
    while (await this.answer());
  }

  #answer(name: string, value: Requests["folderBrowse"] & Requests["folderSync"]): Report[] {
    const { mailbox } = this;
    if (name === "folderOpen" || name === "folderReopen") return [mailbox.open()];
    if (name === "folderSync") return mailbox.sync(value.limit ?? Number.POSITIVE_INFINITY);
    this.browsed += 1;
    const [range] = "indexes" in value.set ? value.set.indexes : [];
    return typeof range === "object" ? mailbox.browse(range.from, range.till) : [];
  }
}

async function opened(messages: number): Promise<{ mailbox: Mailbox; desk: Desk; folder: Folder }> {
  const mailbox = new Mailbox();
  for (let i = 0; i < messages; i += 1) mailbox.add(i);
  const desk = new Desk(mailbox);
  const open = Folder.open(desk.client, "f", "INBOX", { fields: ["FLAGS", "Subject"] });
  await desk.answerAll();
  const folder = await open;
  mailbox.notify = () => folder.notified();
  return { mailbox, desk, folder };
}

/** Every row that the folder knows is the one that the mailbox shows at that place. */
function expectSame(folder: Folder, mailbox: Mailbox, context: string): void {
  expect(folder.messages, context).toBe(mailbox.view.length);
  const wrong = mailbox.view.findIndex(({ uid, version }, index) => {
    const row = folder.row(index);
    return row !== undefined && fieldText(row, "Subject") !== `${uid}.${version}`;
  });
  expect(wrong, context).toBe(-1);
}

test("a folder follows its mailbox through random changes, whatever is on the way at the time", async () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const random = generator(seed);
    const below = (limit: number) => Math.floor(random() * limit);
    const { mailbox, desk, folder } = await opened(below(300));
    for (let step = 0; step < 150; step += 1) {
      const { length } = mailbox.rows;
      const what = below(8);
      if (what === 0) mailbox.add(below(length + 1));
      else if (what === 1 && length > 0) mailbox.remove(below(length));
      else if (what === 2 && length > 0) mailbox.touch(below(length));
      else if (what <= 4) {
        const from = below(length + 20);
        folder.want(from, from + below(120));
      } else await desk.answer();
      expectSame(folder, mailbox, `seed ${seed}, step ${step}`);
    }
    folder.want(0, 1_000);
    await desk.answerAll();
    expectSame(folder, mailbox, `seed ${seed}, end`);
    expect(folder.unseen).toBe(unseenOf(mailbox.rows));
    expect(mailbox.rows.every((_, index) => folder.row(index) !== undefined)).toBe(true);
    expect(mailbox.view).toEqual(mailbox.rows);
  }
});

describe("a folder", () => {
  test("asks for rows that are wanted, in pages, and for none twice", async () => {
    const { desk, folder } = await opened(1_000);
    folder.want(500, 650);
    await desk.answerAll();
    folder.want(520, 640);
    await desk.answerAll();
    expect(desk.browsed).toBe(2);
    expect([499, 500, 649, 650].map((index) => folder.row(index)?.uid)).toEqual([undefined, 501, 650, undefined]);
  });

  test("leaves out what was wanted on the way when something else is wanted meanwhile", async () => {
    const { desk, folder } = await opened(100_000);
    for (let from = 0; from < 90_000; from += 1_000) folder.want(from, from + 50);
    await desk.answerAll();
    expect(desk.browsed).toBe(2);
    expect(folder.row(89_000)?.uid).toBe(89_001);
  });

  test("goes on asking for changes as long as there are more than one answer may have", async () => {
    const { mailbox, desk, folder } = await opened(0);
    for (let i = 0; i < 700; i += 1) mailbox.add(i);
    await desk.answerAll();
    expect([folder.messages, folder.unseen]).toEqual([700, 700]);
  });

  test("is looked at anew, again and again, when it could not be told of changes", async () => {
    vi.useFakeTimers();
    try {
      const { mailbox, desk, folder } = await opened(3);
      let synced = 0;
      folder.on("synced", () => (synced += 1));
      desk.failing = [500, 500];
      mailbox.add(0);
      for (let i = 0; i < 3; i += 1) {
        await desk.answerAll();
        await vi.advanceTimersByTimeAsync(10_000);
      }
      expect([folder.messages, synced]).toEqual([4, 1]);
      expect(desk.asked).toEqual(["folderOpen", "folderSync", "folderReopen", "folderReopen"]);
      mailbox.add(0);
      await desk.answerAll();
      expect([folder.messages, synced]).toEqual([5, 2]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("is not asked for any more once it does not exist", async () => {
    vi.useFakeTimers();
    try {
      const { mailbox, desk } = await opened(3);
      desk.failing = [512];
      mailbox.add(0);
      await desk.answerAll();
      await vi.advanceTimersByTimeAsync(60_000);
      expect(desk.asked).toEqual(["folderOpen", "folderSync"]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("tells which rows have moved", async () => {
    const { mailbox, desk, folder } = await opened(3);
    const told: unknown[] = [];
    folder.on("report", (report) => told.push(report));
    folder.on("synced", () => told.push("synced"));
    mailbox.remove(2);
    mailbox.add(0);
    mailbox.touch(1);
    await desk.answerAll();
    expect(told).toEqual([
      { mode: "removed", index: 2, uid: 3 },
      { mode: "added", index: 0, uid: 4 },
      { mode: "updated", index: 1, uid: 1 },
      "synced",
    ]);
  });

  test("is shown anew in another way: what was known is void, and what is looked at is asked for again", async () => {
    const { mailbox, desk, folder } = await opened(3);
    folder.want(0, 3);
    await desk.answerAll();
    mailbox.rows.reverse();
    const told: unknown[] = [];
    folder.on("reopened", () => told.push([folder.messages, folder.row(0)]));
    const reopened = folder.reopen({ sortOrder: "desc" });
    // It comes in the same breath, and is about the new view.
    mailbox.add(0);
    await desk.answerAll();
    await reopened;
    expect(told).toEqual([[4, undefined]]);
    expectSame(folder, mailbox, "reopened");
    expect([0, 1, 2].map((index) => folder.row(index)?.uid)).toEqual([4, 3, 2]);
  });

  test("knows the newest message that it can have", async () => {
    const { mailbox, desk, folder } = await opened(3);
    expect(folder.newest).toBe(3);
    mailbox.add(0);
    await desk.answerAll();
    expect(folder.newest).toBe(4);
  });

  test("tells which messages are at places, also where it did not know", async () => {
    const { mailbox, desk, folder } = await opened(1_000);
    folder.want(0, 10);
    await desk.answerAll();
    // A row comes before them while it is asked: the answer is about the places as they are here.
    mailbox.add(0);
    const uids = folder.uids(5, 2_000);
    await desk.answerAll();
    const all = await uids;
    expect(all).toEqual(mailbox.view.slice(5).map(({ uid }) => uid));
    expect(all.length).toBe(996);
  });

  test("finds the flags and the places of rows it knows", async () => {
    const { mailbox, desk, folder } = await opened(3);
    mailbox.touch(1);
    folder.want(0, 3);
    await desk.answerAll();
    expect(flagsOf(folder.row(0))).toEqual(new Set());
    expect(flagsOf(folder.row(1))).toEqual(new Set(["Seen", "Flagged"]));
    expect(folder.indexOf(3)).toBe(2);
    expect(folder.indexOf(4)).toBeUndefined();
  });
});

test("a table forgets rows far from where was looked last, and only if there are too many", () => {
  const table = new Table<null>(10_000);
  for (let index = 0; index < MOST_ROWS; index += 1) table.fill(index, { uid: index, fields: null });
  table.remove(0);
  table.insert(0, { uid: 0, fields: null });
  table.trim(0);
  expect(table.at(MOST_ROWS - 1)).toBeDefined();
  table.fill(MOST_ROWS, { uid: MOST_ROWS, fields: null });
  table.trim(MOST_ROWS);
  expect([0, 2_999, 3_000, 4_000].map((index) => table.at(index)?.uid)).toEqual([undefined, undefined, 3_000, 4_000]);
  expect(table.length).toBe(10_000);
});
