import { expect, test } from "vitest";
import { type Filter, folderView, PLAIN, sortedBy } from "./view";

const filtered = (filter: Filter) => {
  const { filter: text, filterField } = folderView({ ...PLAIN, filter }, false);
  return [text, filterField];
};

test("filters are said as the protocol says them", () => {
  expect(filtered({ kind: "all" })).toEqual([undefined, undefined]);
  expect(filtered({ kind: "unread" })).toEqual(["Unseen", "FLAGS"]);
  expect(filtered({ kind: "text", text: "a", place: "anywhere" })).toEqual(["a", undefined]);
  expect(filtered({ kind: "text", text: "a", place: "body" })).toEqual(["a", "body"]);
  expect(filtered({ kind: "text", text: "a", place: "from" })).toEqual(["a", "From"]);
});

test("a column that is clicked again is sorted the other way", () => {
  const bySubject = sortedBy(PLAIN, "subject");
  expect([bySubject.isDescending, sortedBy(bySubject, "subject").isDescending]).toEqual([false, true]);
  expect(sortedBy(bySubject, "size").isDescending).toBe(true);
});

test("mail that was sent is sorted by whom it went to", () => {
  const byName = sortedBy(PLAIN, "from");
  expect([folderView(byName, false).sortField, folderView(byName, true).sortField]).toEqual(["From", "To"]);
});

test("conversations need the fields that they are made of", () => {
  expect(folderView(PLAIN, false).fields).not.toContain("References");
  expect(folderView({ ...PLAIN, isThreaded: true }, false).fields).toContain("References");
});
