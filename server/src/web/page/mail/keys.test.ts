import { expect, test } from "vitest";
import { commandOf, KEYS } from "./keys";

const pressed = (key: string, held: { ctrlKey?: boolean; metaKey?: boolean; altKey?: boolean } = {}) =>
  commandOf({ key, ctrlKey: false, metaKey: false, altKey: false, ...held });

test("keys are commands, alone or with control", () => {
  expect([pressed("j"), pressed("?"), pressed("#"), pressed("Escape")]).toEqual(["next", "help", "remove", "close"]);
  expect([pressed("a"), pressed("a", { ctrlKey: true }), pressed("A", { metaKey: true })]).toEqual([
    "replyAll",
    "chooseAll",
    "chooseAll",
  ]);
  expect([pressed("r", { ctrlKey: true }), pressed("j", { altKey: true }), pressed("q")]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test("no key does two things", () => {
  const keys = KEYS.flatMap((each) => each.keys);
  expect(new Set(keys).size).toBe(keys.length);
});
