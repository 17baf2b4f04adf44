import { expect, test } from "vitest";
import { isAddress, lastPiece, readAddresses, without, writeAddress } from "./address";

test("addresses are read with and without names", () => {
  expect(readAddresses('a@b, Carol <c@d>; "Doe, J. \\"x\\"" <j@e> ,, nobody')).toEqual([
    { address: "a@b" },
    { realName: "Carol", address: "c@d" },
    { realName: 'Doe, J. "x"', address: "j@e" },
    { address: "nobody" },
  ]);
  expect(readAddresses(" ")).toEqual([]);
});

test.each([
  [{ address: "a@b" }],
  [{ realName: "Carol Ä", address: "a@b" }],
  [{ realName: 'Doe, J. "x" \\ y', address: "a@b" }],
])("what is written reads back: %o", (address) => {
  expect(readAddresses(`${writeAddress(address)}, x@y`)).toEqual([address, { address: "x@y" }]);
});

test("the address that is being written is the last one", () => {
  expect(lastPiece("a@b, car")).toEqual({ before: "a@b,", piece: "car" });
  expect(lastPiece('"Doe, J')).toEqual({ before: "", piece: '"Doe, J' });
  expect(lastPiece("")).toEqual({ before: "", piece: "" });
});

test("nobody gets a message twice", () => {
  const [a, b, c] = [{ address: "a@x" }, { address: "B@x" }, { address: "c@x" }];
  expect(without([a, b, c, { address: "C@X" }], [{ address: "b@X" }])).toEqual([a, c]);
});

test("an address has one @ and no spaces", () => {
  expect(["a@b", "a", "a b@c", "a@b@c", "@b"].map(isAddress)).toEqual([true, false, false, false, false]);
});
