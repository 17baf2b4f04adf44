import { expect, test } from "vitest";
import type { Folder, MessageSet, Session } from "../../sdk";
import type { Toast, Toasts } from "../toast";
import { Actions } from "./actions";
import { USUAL } from "./tree";

/** Removes messages where that marks them; those of `deleted` were marked before. */
async function removed(set: MessageSet, uids: number[] | undefined, deleted: number[]) {
  const marked: unknown[] = [];
  const folder = {
    mailbox: "INBOX",
    rows: async () =>
      (uids ?? []).map((uid) => {
        const text = deleted.includes(uid) ? "Seen,Deleted" : "Seen";
        return { uid, fields: new Map([["FLAGS", [{ field: "FLAGS", text }]]]) };
      }),
    mark: async (of: MessageSet, flags: string) => void marked.push([of, flags]),
  } as unknown as Folder;
  let said: (toast: Toast) => void = () => {};
  const toast = new Promise<Toast>((resolve) => (said = resolve));
  const actions = new Actions({} as Session, { say: (each: Toast) => said(each) } as Toasts, USUAL);
  actions.deleteMode = "Mark";
  actions.remove(folder, { set, count: uids?.length ?? 100, uids });
  const { text, action } = await toast;
  action?.run();
  return { marked, text };
}

test("marks of deletion that were there before stay when it is undone", async () => {
  const uids = [1, 2, 3, 9];
  expect(await removed({ uids }, uids, [2])).toEqual({
    text: "4 messages marked as deleted",
    marked: [
      [{ uids: [1, 3, 9] }, "Deleted"],
      [{ uids: [1, 3, 9] }, "Undeleted"],
    ],
  });
  expect((await removed({ uids }, uids, uids)).marked).toEqual([]);
});

test("a mailbox that is marked as a whole has no way back", async () => {
  const set = { uids: [{ from: 1, till: 100 }] };
  expect((await removed(set, undefined, [])).marked).toEqual([[set, "Deleted"]]);
});
