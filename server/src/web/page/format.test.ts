import { expect, test } from "vitest";
import { duration, initials, parseTime, size } from "./format";

test("a time of the protocol is read, anything else is none", () => {
  expect(parseTime("20260301T235959Z")?.toISOString()).toBe("2026-03-01T23:59:59.000Z");
  expect(parseTime("yesterday")).toBeUndefined();
});

test.each([
  [5_000, "0:05"],
  [65_999, "1:05"],
  [3_661_000, "1:01:01"],
  [-1, "0:00"],
])("%i ms is %s", (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text);
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_910, "1.91 kB"],
  [3_000_000, "3 MB"],
])("%i bytes are %s", (bytes, text) => {
  expect(size(bytes)).toBe(text);
});

test.each([
  ["Ada Lovelace", "AL"],
  ["jean-luc.ménard@example.org", "JM"],
  ["bob@localhost", "B"],
  ["山田太郎", "山"],
  ["<i>Bob</i> & Co", "IC"],
  ["", "?"],
])("%s is %s for short", (name, letters) => {
  expect(initials(name)).toBe(letters);
});
