import { expect, test } from "vitest";
import { Events, type Folder, type FolderEvents, type FolderRow } from "../../sdk";
import { Messages, type Source, THREADED, Threads } from "./source";

/** A folder whose rows are known. */
class Known extends Events<FolderEvents> {
  constructor(private rows: FolderRow[]) {
    super();
  }

  get messages(): number {
    return this.rows.length;
  }

  row(index: number): FolderRow | undefined {
    return this.rows[index];
  }

  indexOf(uid: number): number | undefined {
    const index = this.rows.findIndex((row) => row.uid === uid);
    return index < 0 ? undefined : index;
  }

  want(): void {}

  add(row: FolderRow): void {
    this.rows = [row, ...this.rows];
    this.emit("report", { mode: "added", index: 0, uid: row.uid });
    this.emit("synced", undefined);
  }

  get folder(): Folder {
    return this as unknown as Folder;
  }
}

function row(uid: number, { answers = 0, flags = "Seen" } = {}): FolderRow {
  const values = {
    FLAGS: flags,
    Subject: `${uid}`,
    "Message-ID": `<${uid}>`,
    References: answers > 0 ? `<${answers}>` : "",
  };
  return { uid, fields: new Map(Object.entries(values).map(([field, text]) => [field, [{ field, text }]])) };
}

/** What is at each place: the message, and those that are meant with it. */
function shown(source: Source): unknown[] {
  return Array.from({ length: source.length }, (_, place) => {
    const { row: { uid } = { uid: 0 }, uids, isBelow, isUnseen } = source.at(place) ?? {};
    return [uid, uids, ...(isBelow === true ? ["below"] : []), ...(isUnseen === true ? ["unseen"] : [])];
  });
}

const conversation = () => new Known([row(5), row(4, { answers: 2 }), row(3), row(2, { flags: "" }), row(1)]);

test("without conversations each place is a message, and moves with it", () => {
  const folder = conversation();
  const source = new Messages(folder.folder);
  const told: unknown[] = [];
  source.on("moved", (moved) => told.push(moved));
  folder.add(row(6));
  expect([source.length, source.placeOf(4), source.at(0)?.uids]).toEqual([6, 2, [6]]);
  expect(told).toEqual([{ by: 1, place: 0 }]);
  source.release();
  folder.add(row(7));
  expect(told.length).toBe(1);
});

test("a conversation stands at the place of its first message, and stands for all of them", async () => {
  const source = new Threads(conversation().folder);
  expect(shown(source)).toEqual([
    [5, [5]],
    [4, [4, 2], "unseen"],
    [3, [3]],
    [1, [1]],
  ]);
  expect([source.placeOf(2), source.at(1)?.size, source.at(1)?.isThread]).toEqual([1, 2, true]);
  expect(await source.uids(0, 2)).toEqual([5, 4, 2]);
});

test("a conversation that is unfolded stays so when a message comes to it", () => {
  const folder = conversation();
  const source = new Threads(folder.folder);
  source.unfold(1, true);
  const open = [
    [4, [4]],
    [2, [2], "below", "unseen"],
  ];
  expect(shown(source).slice(1, 3)).toEqual(open);
  folder.add(row(6, { answers: 4 }));
  expect(shown(source).slice(0, 3)).toEqual([
    [6, [6]],
    [4, [4], "below"],
    [2, [2], "below", "unseen"],
  ]);
  source.unfold(0, false);
  expect(shown(source)[0]).toEqual([6, [6, 4, 2], "unseen"]);
});

test("all that can be chosen is what is there: of a large folder only the messages that were looked through", () => {
  const rows = Array.from({ length: THREADED + 100 }, (_, i) => row(THREADED + 100 - i));
  const { folder } = new Known([row(1_001), row(1_000, { answers: 1_001 }), ...rows]);
  const source = new Threads(folder);
  expect([source.length, source.all.length, source.all.at(-1)]).toEqual([THREADED - 1, THREADED, 103]);
  source.unfold(0, true);
  expect(source.all.length).toBe(THREADED);
  expect(new Messages(folder).all).toBeUndefined();
});
