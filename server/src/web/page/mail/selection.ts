// Which messages are chosen?
//
// Either those of some UIDs, or all but those: a mailbox of a million messages is chosen as a whole without asking for
// each. What arrives afterwards is not chosen.

import type { MessageRange, MessageSet } from "../../sdk";

export class Selection {
  /** All messages up to this UID are chosen, except `#uids`; `undefined`: only `#uids` are. */
  #till: number | undefined;
  #uids = new Set<number>();

  has(uid: number): boolean {
    return this.#till === undefined ? this.#uids.has(uid) : uid <= this.#till && !this.#uids.has(uid);
  }

  /** How many, of so many messages in all. */
  count(messages: number): number {
    return this.#till === undefined ? this.#uids.size : Math.max(0, messages - this.#uids.size);
  }

  /** The UIDs, if they are few enough to be known one by one. */
  get uids(): number[] | undefined {
    return this.#till === undefined ? [...this.#uids] : undefined;
  }

  /** These and no others. */
  only(uids: number[]): void {
    this.#till = undefined;
    this.#uids = new Set(uids);
  }

  /** All messages up to this UID. */
  all(till: number): void {
    this.#till = till;
    this.#uids = new Set();
  }

  add(uids: number[]): void {
    for (const uid of uids) if (!this.has(uid)) this.toggle([uid]);
  }

  /** Chooses them, or if the first one is chosen does so no more. */
  toggle(uids: number[]): void {
    const [first] = uids;
    if (first === undefined) return;
    const isWanted = !this.has(first);
    // Of those that came after all were chosen, one can be chosen only if the others are named.
    const isNamed = this.#till === undefined ? isWanted : !isWanted;
    for (const uid of uids) {
      if (isNamed) this.#uids.add(uid);
      else this.#uids.delete(uid);
    }
  }

  /** The message has left the view. */
  removed(uid: number): void {
    this.#uids.delete(uid);
  }

  /** For a request. */
  get set(): MessageSet {
    if (this.#till === undefined) return { uids: ranges([...this.#uids]) };
    return { uids: without(this.#till, [...this.#uids]) };
  }
}

/** The UIDs as few ranges. */
export function ranges(uids: number[]): MessageRange[] {
  const found: { from: number; till: number }[] = [];
  for (const uid of uids.toSorted((a, b) => a - b)) {
    const last = found.at(-1);
    if (last !== undefined && uid <= last.till + 1) last.till = uid;
    else found.push({ from: uid, till: uid });
  }
  return found.map(({ from, till }) => (from === till ? from : { from, till }));
}

/** All UIDs up to one, without some. */
function without(till: number, uids: number[]): MessageRange[] {
  const left: MessageRange[] = [];
  let from = 1;
  for (const uid of [...uids.filter((each) => each <= till).toSorted((a, b) => a - b), till + 1]) {
    if (from < uid) left.push({ from, till: uid - 1 });
    from = uid + 1;
  }
  return left;
}
