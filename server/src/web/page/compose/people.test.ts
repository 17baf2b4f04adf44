import { expect, test } from "vitest";
import { People } from "./people";

test("people are found by the beginning of any word of theirs, the most frequent first", () => {
  const people = new People();
  people.add({ address: "dan@hopper.example" });
  people.add({ address: "grace@navy.example" });
  people.add({ realName: "Grace Hopper", address: "Grace@navy.example" });
  people.add({ realName: "Zoe", address: "zoe@example.org" });
  const found = (text: string) => people.find(text).map(({ address }) => address);
  expect(found("hop")).toEqual(["Grace@navy.example", "dan@hopper.example"]);
  expect(found("zoe@ex")).toEqual(["zoe@example.org"]);
  expect(found("oe")).toEqual([]);
  expect(found(" ")).toEqual([]);
});
