import { expect, test } from "vitest";
import { quotes } from "./sections";

test("what is quoted is told from what was written", () => {
  expect(quotes("Yes.\n> Lunch?\n>> When?\n> > Now.\n\nBye")).toEqual([
    { depth: 0, text: "Yes." },
    { depth: 1, text: "Lunch?" },
    { depth: 2, text: "When?\nNow." },
    { depth: 0, text: "\nBye" },
  ]);
});

test("a line of a thousand marks is no thousand quotes", () => {
  expect(quotes(`${">".repeat(1_000)} x`)).toEqual([{ depth: 5, text: "x" }]);
});
