// What can be done with messages, as a menu?

import type { MenuItem } from "../menu";
import type { Command } from "./keys";

/** The menu of messages that are chosen; `flags` are those of the one that was pointed at. */
export function messageMenu(flags: ReadonlySet<string>, run: (command: Command) => void): MenuItem[] {
  const item = (label: string, icon: MenuItem["icon"], command: Command): MenuItem => {
    return { label, icon, run: () => run(command), name: `menu-${command}` };
  };
  return [
    item("Reply", "reply", "reply"),
    item("Forward", "forward", "forward"),
    flags.has("Seen") ? item("Mark unread", "mail", "toggleSeen") : item("Mark read", "read", "toggleSeen"),
    item(flags.has("Flagged") ? "Take the star away" : "Star", "star", "toggleStar"),
    item(flags.has("Junk") ? "No junk" : "Junk", "junk", "toggleJunk"),
    item("Move to …", "move", "move"),
    { ...item("Delete", "trash", "remove"), isDangerous: true },
  ];
}
