// Which key does what?

export type Command =
  | "next"
  | "previous"
  | "open"
  | "close"
  | "compose"
  | "reply"
  | "replyAll"
  | "forward"
  | "remove"
  | "toggleSeen"
  | "toggleStar"
  | "toggleJunk"
  | "move"
  | "choose"
  | "chooseAll"
  | "undo"
  | "search"
  | "help";

interface Key {
  command: Command;
  /** As `KeyboardEvent.key` has them; `ctrl+a` also with the command key of a Mac. */
  keys: string[];
  /** What it does, for the help sheet. */
  does: string;
}

export const KEYS: readonly Key[] = [
  { command: "next", keys: ["j"], does: "next message" },
  { command: "previous", keys: ["k"], does: "previous message" },
  { command: "open", keys: ["Enter", "o"], does: "read the message" },
  { command: "close", keys: ["Escape"], does: "back to the list; choose nothing" },
  { command: "compose", keys: ["c"], does: "write a message" },
  { command: "reply", keys: ["r"], does: "reply" },
  { command: "replyAll", keys: ["a"], does: "reply to all" },
  { command: "forward", keys: ["f"], does: "forward" },
  { command: "remove", keys: ["Delete", "Backspace", "#"], does: "delete" },
  { command: "move", keys: ["v"], does: "move to a mailbox" },
  { command: "toggleSeen", keys: ["u"], does: "mark as read or unread" },
  { command: "toggleStar", keys: ["s"], does: "star, or take the star away" },
  { command: "toggleJunk", keys: ["!"], does: "mark as junk, or as no junk" },
  { command: "choose", keys: ["x"], does: "select the message as well" },
  { command: "chooseAll", keys: ["ctrl+a"], does: "select all messages" },
  { command: "undo", keys: ["z", "ctrl+z"], does: "undo" },
  { command: "search", keys: ["/"], does: "search" },
  { command: "help", keys: ["?"], does: "show this" },
];

/** What the list and the mailboxes understand besides. */
export const MORE_KEYS: readonly { keys: string[]; does: string }[] = [
  { keys: ["↑", "↓", "Page Up", "Page Down", "Home", "End"], does: "go through the list" },
  { keys: ["Shift", "↑", "↓"], does: "select several messages" },
  { keys: ["Space"], does: "select, or do so no more" },
  { keys: ["←", "→"], does: "fold and unfold a conversation or a mailbox" },
  { keys: ["F2"], does: "rename the mailbox" },
];

type Pressed = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">;

/** What a key does; `undefined`: nothing here. */
export function commandOf({ key, ctrlKey, metaKey, altKey }: Pressed): Command | undefined {
  if (altKey) return undefined;
  const pressed = ctrlKey || metaKey ? `ctrl+${key.toLowerCase()}` : key;
  return KEYS.find(({ keys }) => keys.includes(pressed))?.command;
}

/** Whether what is pressed is meant for the element itself, such as a field. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable], dialog, .menu") !== null;
}

/** How a key is written for people. */
export function keyName(key: string): string {
  const names: Record<string, string> = { Escape: "Esc", "ctrl+a": "Ctrl+A", "ctrl+z": "Ctrl+Z", Delete: "Del" };
  return names[key] ?? key;
}
