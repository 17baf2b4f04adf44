import { expect, test } from "vitest";
import { scrollTo, viewport } from "./viewport";

test("in a short list a row stands where it is", () => {
  const { height, from, till, top } = viewport(100, 50, 120, 200);
  expect([height, from, till, top(3)]).toEqual([5_000, 2, 7, 150]);
});

test("in a list of a million rows both ends can be reached", () => {
  const [rows, row, visible] = [1_000_000, 64, 640];
  const { height } = viewport(rows, row, 0, visible);
  expect(height).toBe(8_000_000);
  const first = viewport(rows, row, 0, visible);
  expect([first.from, first.till, first.top(0)]).toEqual([0, 10, 0]);
  const last = viewport(rows, row, height - visible, visible);
  expect([last.from, last.till]).toEqual([999_990, 1_000_000]);
  expect(last.top(999_999) + row).toBeCloseTo(height);
});

test.each([50, 200_000, 1_000_000])("each of %i rows can be scrolled to", (rows) => {
  for (const row of [0, 1, 17, Math.floor(rows / 3), rows - 1]) {
    if (row >= rows) continue;
    let scrollTop = 0;
    // Far away a step may be rounded; the next one is exact.
    for (let i = 0; i < 3; i += 1) scrollTop = scrollTo(row, rows, 64, scrollTop, 640);
    const { top } = viewport(rows, 64, scrollTop, 640);
    expect(top(row)).toBeGreaterThanOrEqual(scrollTop - 1);
    expect(top(row) + 64).toBeLessThanOrEqual(scrollTop + 640 + 1);
  }
});
