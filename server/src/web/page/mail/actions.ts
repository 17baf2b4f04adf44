// What can be done with messages, and how is it undone?

import { flagsOf, type Folder, type Session } from "../../sdk";
import { ask } from "../dialog";
import type { Toasts } from "../toast";
import { problem } from "../words";
import type { Targets } from "./list";
import { ranges } from "./selection";
import { roleOf, type Special } from "./tree";

/** How the user wants messages to be deleted; the preference DeleteMode. */
export type DeleteMode = "Immediately" | "Move To Trash" | "Mark";

/** How many messages can be moved back; what was moved has to be named one by one. */
const UNDOABLE = 20_000;

export class Actions {
  special: Special;
  deleteMode: DeleteMode = "Move To Trash";

  constructor(
    private readonly session: Session,
    private readonly toasts: Toasts,
    special: Special,
  ) {
    this.special = special;
  }

  async mark(folder: Folder, { set }: Targets, flags: string): Promise<void> {
    await this.#try(() => folder.mark(set, flags));
  }

  async move(folder: Folder, targets: Targets, to: string): Promise<void> {
    await this.#try(async () => this.#move(folder, targets, to, `moved to ${this.#name(to)}`));
  }

  /** Deletes messages as the user prefers it; asks if they are gone then. */
  remove(folder: Folder, targets: Targets): void {
    const { mailbox } = folder;
    if (this.deleteMode === "Mark") {
      void this.#try(() => this.#markDeleted(folder, targets));
    } else if (this.deleteMode === "Immediately" || roleOf(mailbox, this.special) === "trash") {
      ask({
        title: targets.count === 1 ? "Delete the message?" : `Delete ${counted(targets.count)}?`,
        text: "There is no way to get it back.",
        confirm: "Delete",
        isDangerous: true,
        act: () => folder.remove(targets.set, "Immediately"),
      });
    } else {
      void this.#try(() => this.#move(folder, targets, this.special.trash, "moved to the trash"));
    }
  }

  /** What was marked before stays so when it is undone: where that is not known, there is no way back. */
  async #markDeleted(folder: Folder, { set, count, uids }: Targets): Promise<void> {
    const text = `${counted(count)} marked as deleted`;
    if (uids === undefined) {
      await folder.mark(set, "Deleted");
      this.toasts.say({ text });
      return;
    }
    const rows = await folder.rows(set);
    const fresh = { uids: ranges(rows.filter((row) => !flagsOf(row).has("Deleted")).map(({ uid }) => uid)) };
    const undo = () => void this.#try(() => folder.mark(fresh, "Undeleted"));
    if (fresh.uids.length > 0) await folder.mark(fresh, "Deleted");
    this.toasts.say({ text, ...(fresh.uids.length > 0 && { action: { label: "Undo", run: undo } }) });
  }

  async #move(folder: Folder, { set, count }: Targets, to: string, what: string): Promise<void> {
    const from = folder.mailbox;
    const moved = await folder.move(set, to);
    const undo = () => void this.#try(() => this.#moveBack(moved, to, from));
    const text = `${counted(count)} ${what}`;
    if (moved.length > UNDOABLE) this.toasts.say({ text });
    else this.toasts.say({ text, action: { label: "Undo", run: undo } });
  }

  async #moveBack(uids: number[], from: string, to: string): Promise<void> {
    const folder = await this.session.openFolder(from, { fields: ["UID"] });
    try {
      await folder.move({ uids: ranges(uids) }, to);
      this.toasts.say({ text: `${counted(uids.length)} moved back to ${this.#name(to)}` });
    } finally {
      folder.close().catch(() => {});
    }
  }

  #name(mailbox: string): string {
    return mailbox === this.special.inbox ? "Inbox" : mailbox;
  }

  async #try(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.toasts.say({ text: problem(error), isBad: true });
    }
  }
}

function counted(count: number): string {
  return count === 1 ? "1 message" : `${count.toLocaleString()} messages`;
}
