import { expect, test } from "vitest";
import { calendarTime } from "./when";

const full = (date: Date) => new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" }).format(date);
const fullDay = (date: Date) => new Intl.DateTimeFormat(undefined, { dateStyle: "full" }).format(date);

test("a time is shown on the user's clock, whatever clock it was written by", () => {
  const instant = new Date(Date.UTC(2024, 1, 29, 12, 0));
  expect(calendarTime({ value: "20240229T120000Z" }, undefined)).toBe(full(instant));
  expect(calendarTime({ value: "20240229T130000", zone: "Europe/Berlin" }, undefined)).toBe(full(instant));
  expect(calendarTime({ value: "20240710T080000", zone: "America/New_York" }, undefined)).toBe(
    full(new Date(Date.UTC(2024, 6, 10, 12, 0))),
  );
});

test("a zone that nobody knows is named", () => {
  const shown = calendarTime({ value: "20240229T130000", zone: "My own" }, undefined);
  expect(shown).toBe(`${full(new Date(2024, 1, 29, 13, 0))} (My own)`);
});

test("a whole day has no end of its own", () => {
  expect(calendarTime({ value: "20240229" }, { value: "20240301" })).toBe(fullDay(new Date(2024, 1, 29)));
});

test("what is no time is shown as it is", () => {
  expect(calendarTime({ value: "soon" }, undefined)).toBe("soon");
});
