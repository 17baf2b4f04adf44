import { expect, test } from "vitest";
import { above, type Branch, linesOf, type Mailbox, renamed, treeOf, USUAL } from "./tree";

const box = (mailbox: string, Unseen = 0): Mailbox => ({ mailbox, Unseen });

/** `Work(Invoices,Projects(Gateway))`. */
const drawn = (branches: Branch[]): string =>
  branches.map(({ label, children }) => (children.length > 0 ? `${label}(${drawn(children)})` : label)).join(",");

test("names with a slash are below each other, what is for something comes first", () => {
  const names = ["Archive 10", "Archive 9", "INBOX", "Sent", "Trash", "Work", "Work/Projects/Gateway", "Work/Invoices"];
  const tree = treeOf(names.map((name) => box(name)), USUAL);
  expect(drawn(tree)).toBe("Inbox,Sent,Trash,Archive 9,Archive 10,Work(Invoices,Projects(Gateway))");
});

test("the preferences say what a mailbox is for", () => {
  const tree = treeOf([box("Bin"), box("Trash"), box("INBOX")], { ...USUAL, trash: "Bin" });
  expect(tree.map(({ path, role }) => [path, role])).toEqual([
    ["INBOX", "inbox"],
    ["Bin", "trash"],
    ["Trash", undefined],
  ]);
});

test("a container and a mailbox of the same name are one branch; what is only a piece of a name can hold nothing", () => {
  const containers = [{ mailbox: "A/", pureFolder: true }, box("A"), { mailbox: "B/", pureFolder: true }, box("C/D")];
  const tree = treeOf(containers, USUAL);
  expect(tree.map(({ path, mailbox, isReal }) => [path, mailbox?.mailbox, isReal])).toEqual([
    ["A", "A", true],
    ["B", undefined, true],
    ["C", undefined, false],
  ]);
});

test("what is folded is not seen, and is counted where it is folded", () => {
  const tree = treeOf([box("A", 1), box("A/B", 2), box("A/B/C", 4), box("D", 8)], USUAL);
  const lines = (...folded: string[]) =>
    linesOf(tree, new Set(folded)).map(({ branch, level, unseen, isOpen }) => [branch.path, level, unseen, isOpen]);
  expect(lines()).toEqual([
    ["A", 1, 1, true],
    ["A/B", 2, 2, true],
    ["A/B/C", 3, 4, undefined],
    ["D", 1, 8, undefined],
  ]);
  expect(lines("A")).toEqual([
    ["A", 1, 7, false],
    ["D", 1, 8, undefined],
  ]);
});

test("a mailbox goes with the one it is below", () => {
  expect([renamed("A/B", "A", "C"), renamed("A", "A", "C"), renamed("AB", "A", "C")]).toEqual(["C/B", "C", "AB"]);
  expect(above("A/B/C")).toEqual(["A", "A/B"]);
});
