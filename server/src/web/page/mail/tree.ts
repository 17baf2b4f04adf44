// How do mailboxes, whose names are paths, form a tree?

import type { Messages } from "../../sdk";

export type Mailbox = Messages["mailbox"];

/** What a mailbox is for; most are for nothing in particular. */
export type Role = "inbox" | "drafts" | "sent" | "junk" | "trash";

/** The names of the mailboxes that are for something, from the preferences. */
export type Special = Readonly<Record<Role, string>>;

export const USUAL: Special = { inbox: "INBOX", drafts: "Drafts", sent: "Sent", junk: "Junk", trash: "Trash" };

export interface Branch {
  /** The whole name. */
  path: string;
  /** What is shown: the last piece of it. */
  label: string;
  role: Role | undefined;
  /** The mailbox itself; `undefined` where there are only others below it. */
  mailbox: Mailbox | undefined;
  /** Whether something of this name, a mailbox or a container, can be renamed and removed. */
  isReal: boolean;
  children: Branch[];
}

/** A branch as a line of the list that people see. */
export interface Line {
  branch: Branch;
  /** 1 at the top. */
  level: number;
  /** Its place among its siblings, from 1, and how many there are. */
  place: number;
  siblings: number;
  /** How many messages are not read, here and in what is folded away below. */
  unseen: number;
  /** Absent: there is nothing below. */
  isOpen?: boolean;
}

/** The tree: what is for something first, then by name. */
export function treeOf(mailboxes: Mailbox[], special: Special): Branch[] {
  const roots: Branch[] = [];
  const known = new Map<string, Branch>();
  const branchOf = (path: string): Branch => {
    const found = known.get(path);
    if (found !== undefined) return found;
    const cut = path.lastIndexOf("/");
    const role = roleOf(path, special);
    const label = role === "inbox" ? "Inbox" : path.slice(cut + 1);
    const branch: Branch = { path, label, role, mailbox: undefined, isReal: false, children: [] };
    known.set(path, branch);
    (cut < 0 ? roots : branchOf(path.slice(0, cut)).children).push(branch);
    return branch;
  };
  for (const mailbox of mailboxes) {
    const branch = branchOf(mailbox.mailbox.replace(/\/$/, ""));
    branch.isReal = true;
    if (mailbox.pureFolder !== true) branch.mailbox = mailbox;
  }
  for (const branch of known.values()) branch.children.sort(inOrder);
  return roots.sort(inOrder);
}

/** The lines that are seen when these paths are folded. */
export function linesOf(roots: Branch[], folded: ReadonlySet<string>, level = 1): Line[] {
  return roots.flatMap((branch, i) => {
    const own = branch.mailbox?.Unseen ?? 0;
    const line = { branch, level, place: i + 1, siblings: roots.length };
    if (branch.children.length === 0) return [{ ...line, unseen: own }];
    if (folded.has(branch.path)) return [{ ...line, unseen: unseenBelow(branch), isOpen: false }];
    return [{ ...line, unseen: own, isOpen: true }, ...linesOf(branch.children, folded, level + 1)];
  });
}

/** The paths above a path, the nearest last. */
export function above(path: string): string[] {
  const pieces = path.split("/");
  return pieces.slice(1).map((_, i) => pieces.slice(0, i + 1).join("/"));
}

/** Where a mailbox is after another one, or it itself, was renamed. */
export function renamed(path: string, from: string, to: string): string {
  if (path === from) return to;
  return path.startsWith(`${from}/`) ? to + path.slice(from.length) : path;
}

export function roleOf(path: string, special: Special): Role | undefined {
  return ORDER.find((role) => special[role] === path);
}

const ORDER: readonly Role[] = ["inbox", "drafts", "sent", "junk", "trash"];

function inOrder(a: Branch, b: Branch): number {
  const rank = ({ role }: Branch) => (role === undefined ? ORDER.length : ORDER.indexOf(role));
  return rank(a) - rank(b) || a.label.localeCompare(b.label, undefined, { numeric: true });
}

function unseenBelow({ mailbox, children }: Branch): number {
  return children.reduce((sum, child) => sum + unseenBelow(child), mailbox?.Unseen ?? 0);
}
