// Whom has the user written to, or heard from?

import type { Session } from "../../sdk";
import { type Address, writeAddress } from "./address";

/** How many messages of a mailbox are looked at. */
const LOOKED_AT = 300;
/** How many are offered at once. */
const OFFERED = 6;

const FIELDS = ["E-From", "E-To", "E-Cc"];

export class People {
  readonly #known = new Map<string, { person: Address; times: number }>();

  /** Looks who is in the newest messages of these mailboxes. */
  async look(session: Session, mailboxes: string[]): Promise<void> {
    for (const mailbox of mailboxes) {
      const folder = await session.openFolder(mailbox, { fields: FIELDS, sortOrder: "desc" }).catch(() => undefined);
      if (folder === undefined) continue;
      const set = { indexes: [{ from: 0, till: LOOKED_AT - 1 }] };
      const rows = await session.client.request("folderBrowse", { folder: folder.name, set }).catch(() => []);
      for (const { text, realName } of rows.flatMap(({ fields }) => fields)) {
        if (text !== "") this.add({ ...(realName !== undefined && { realName }), address: text });
      }
      folder.close().catch(() => {});
    }
  }

  add(person: Address): void {
    const key = person.address.toLowerCase();
    const known = this.#known.get(key);
    if (known === undefined) this.#known.set(key, { person, times: 1 });
    else {
      known.times += 1;
      if (known.person.realName === undefined) known.person = person;
    }
  }

  /** Those whose name or address has words that begin so, the most frequent first. */
  find(text: string): Address[] {
    const wanted = text.trim().toLowerCase();
    if (wanted === "") return [];
    const fits = ({ person }: { person: Address }) => {
      const words = `${person.realName ?? ""} ${person.address}`.toLowerCase().split(/[^\p{L}\p{N}]+/u);
      const wholes = [person.address, writeAddress(person)].map((whole) => whole.toLowerCase());
      return [...words, ...wholes].some((word) => word.startsWith(wanted));
    };
    const found = [...this.#known.values()].filter(fits).sort((a, b) => b.times - a.times);
    return found.slice(0, OFFERED).map(({ person }) => person);
  }
}
