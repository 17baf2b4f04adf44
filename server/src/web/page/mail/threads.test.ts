import { expect, test } from "vitest";
import { baseSubject, idsOf, type Threadable, threadsOf } from "./threads";

const message = (uid: number, subject = `${uid}`, ...references: string[]): Threadable => ({
  uid,
  messageId: `<${uid}>`,
  references,
  subject,
});

test("messages that name each other are a conversation, at the place of its first one", () => {
  const messages = [message(9), message(8, "Re: x", "<5>", "<7>"), message(7, "Re: x", "<5>"), message(6), message(5, "x")];
  expect(threadsOf(messages)).toEqual([[9], [8, 7, 5], [6]]);
});

test("what a message names need not be there", () => {
  expect(threadsOf([message(3, "a", "<1>"), message(2, "b", "<1>"), message(4)])).toEqual([[3, 2], [4]]);
});

test("an answer that names nothing goes with its subject; two that begin something do not", () => {
  const messages = [message(5, "Re: Lunch"), message(4, "AW: lunch"), message(3, "Lunch"), message(2, "Report"), message(1, "Report")];
  expect(threadsOf(messages)).toEqual([[5, 4, 3], [2], [1]]);
  expect(threadsOf([message(2, "Lunch"), message(1, "Re: Lunch")])).toEqual([[2, 1]]);
});

test("messages without subjects or ids stay alone", () => {
  const bare = (uid: number): Threadable => ({ uid, messageId: "", references: [], subject: "" });
  expect(threadsOf([bare(1), bare(2)])).toEqual([[1], [2]]);
});

test("a thousand answers in a row are one conversation", () => {
  const chain = Array.from({ length: 1_000 }, (_, i) => message(1_000 - i, "Re: x", `<${999 - i}>`));
  expect(threadsOf(chain)).toHaveLength(1);
});

test.each([
  ["Re: Fwd: AW[2]: Plans ", "plans"],
  ["Regarding: x", "regarding: x"],
  ["回复：你好", "你好"],
  ["re:", ""],
])("the subject of %o is %o", (subject, base) => {
  expect(baseSubject(subject)).toBe(base);
});

test("ids are found in a header field", () => {
  expect(idsOf("<a@b> junk <c@d>\n\t<e>")).toEqual(["<a@b>", "<c@d>", "<e>"]);
});
