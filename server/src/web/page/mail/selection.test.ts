import { expect, test } from "vitest";
import { ranges, Selection } from "./selection";

test("messages are chosen one by one", () => {
  const selection = new Selection();
  selection.only([5]);
  selection.toggle([7, 6]);
  selection.add([8, 5]);
  expect([selection.count(100), selection.set]).toEqual([4, { uids: [{ from: 5, till: 8 }] }]);
  selection.toggle([6, 7]);
  expect(selection.set).toEqual({ uids: [5, 8] });
  selection.removed(5);
  expect([selection.has(5), selection.has(8), selection.uids]).toEqual([false, true, [8]]);
});

test("all are chosen without naming them, but not those that come later", () => {
  const selection = new Selection();
  selection.all(1_000_000);
  expect([selection.has(1), selection.has(1_000_001), selection.count(900_000)]).toEqual([true, false, 900_000]);
  expect(selection.set).toEqual({ uids: [{ from: 1, till: 1_000_000 }] });
  selection.toggle([1, 2]);
  selection.toggle([500]);
  expect([selection.has(500), selection.count(900_000), selection.uids]).toEqual([false, 899_997, undefined]);
  expect(selection.set).toEqual({ uids: [{ from: 3, till: 499 }, { from: 501, till: 1_000_000 }] });
  selection.toggle([500]);
  expect(selection.has(500)).toBe(true);
  selection.only([3]);
  expect(selection.set).toEqual({ uids: [3] });
});

test("a set is written as few ranges", () => {
  expect(ranges([9, 1, 3, 2, 7])).toEqual([{ from: 1, till: 3 }, 7, 9]);
  expect(ranges([])).toEqual([]);
});
