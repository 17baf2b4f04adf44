import { expect, test } from "vitest";
import { unusedName, wayTo, within } from "./path";

test("a path leads through directories", () => {
  expect([within("", "a"), within("a/b", "c.txt")]).toEqual(["a", "a/b/c.txt"]);
  expect(wayTo("a/b")).toEqual([
    { name: "a", path: "a" },
    { name: "b", path: "a/b" },
  ]);
  expect(wayTo("")).toEqual([]);
});

test("a file does not take the place of another one", async () => {
  const used = new Set(["a.txt", "a (2).txt", ".profile", "b"]);
  const unused = (name: string) => unusedName(name, async (each) => used.has(each));
  expect(await Promise.all(["a.txt", ".profile", "b", "c"].map(unused))).toEqual([
    "a (3).txt",
    ".profile (2)",
    "b (2)",
    "c",
  ]);
});
