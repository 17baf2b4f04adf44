// What can be done with mailboxes?

import type { Session } from "../../sdk";
import { ask } from "../dialog";
import type { MenuItem } from "../menu";
import type { Branch } from "./tree";

export interface MailboxChanges {
  /** Other mailboxes are there. */
  changed(): Promise<void>;
  renamed(from: string, to: string): void;
  removed(path: string): void;
  /** Marks all messages as read. */
  readAll(path: string): void;
}

export class MailboxActions {
  constructor(
    private readonly session: Session,
    private readonly changes: MailboxChanges,
  ) {}

  menu(branch: Branch): MenuItem[] {
    const { path, role, mailbox, isReal } = branch;
    const items: MenuItem[] = [
      { label: "New mailbox in it …", icon: "plus", run: () => this.create(path), name: "mailbox-create" },
    ];
    if (mailbox !== undefined && (mailbox.Unseen ?? 0) > 0) {
      const readAll = () => this.changes.readAll(path);
      items.push({ label: "Mark all as read", icon: "read", run: readAll, name: "mailbox-read" });
    }
    if (isReal && role === undefined) {
      items.push({ label: "Rename …", icon: "drafts", run: () => this.rename(branch), name: "mailbox-rename" });
    }
    if (mailbox !== undefined) {
      const label = role === "trash" ? "Empty the trash …" : "Remove all messages …";
      items.push({ label, icon: "trash", run: () => this.empty(branch), name: "mailbox-empty", isDangerous: true });
    }
    if (isReal && role === undefined) {
      const remove = () => this.remove(branch);
      items.push({ label: "Remove …", icon: "close", run: remove, name: "mailbox-remove", isDangerous: true });
    }
    return items;
  }

  /** Asks for the name of a new mailbox, below another one or at the top. */
  create(parent?: string): void {
    ask({
      title: parent === undefined ? "New mailbox" : `New mailbox in ${parent}`,
      field: { label: "Name", value: "" },
      confirm: "Create",
      act: async (name) => {
        await this.session.createMailbox(parent === undefined ? name : `${parent}/${name}`);
        await this.changes.changed();
      },
    });
  }

  rename({ path, role, isReal }: Branch): void {
    if (role !== undefined || !isReal) return;
    ask({
      title: `Rename ${path}`,
      text: "With a slash, the mailbox is within another one: Work/Invoices.",
      field: { label: "New name", value: path },
      confirm: "Rename",
      act: async (name) => {
        if (name === path) return;
        await this.session.renameMailbox(path, name);
        this.changes.renamed(path, name);
        await this.changes.changed();
      },
    });
  }

  remove({ path, role, isReal, children, mailbox }: Branch): void {
    if (role !== undefined || !isReal) return;
    const messages = mailbox?.messages ?? 0;
    const what = messages === 1 ? "its message" : `its ${messages.toLocaleString()} messages`;
    const below = children.length > 0 ? " and all mailboxes in it" : "";
    ask({
      title: `Remove ${path}?`,
      text: `The mailbox, ${what}${below} are removed for good.`,
      confirm: "Remove",
      isDangerous: true,
      act: async () => {
        await this.session.removeMailbox(path);
        this.changes.removed(path);
        await this.changes.changed();
      },
    });
  }

  empty({ path, label, mailbox }: Branch): void {
    const messages = mailbox?.messages ?? 0;
    ask({
      title: `Empty ${label}?`,
      text: `${messages === 1 ? "One message is" : `${messages.toLocaleString()} messages are`} removed for good.`,
      confirm: "Remove them",
      isDangerous: true,
      act: async () => {
        await this.session.emptyMailbox(path);
        await this.changes.changed();
      },
    });
  }
}
