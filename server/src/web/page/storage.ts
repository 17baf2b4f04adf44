// What is kept when the page is loaded again?
//
// The session itself is written when the page is left and taken out when one comes: a tab that was copied finds nothing
// of it and gets a session of its own, by the ticket. Both go with the tab.

import type { Identity, SavedSession } from "../sdk";

export interface Saved {
  session: SavedSession;
}

const SESSION = "ximss.session";
const TICKET = "ximss.ticket";
const FAREWELL = "ximss.farewell";
const DEVICES = "ximss.devices";
const THREADS = "ximss.threads";
const LIST_WIDTH = "ximss.list-width";

/** Takes out what a page before this one has left. */
export function takeSaved(): Saved | undefined {
  const saved = read<Saved>("sessionStorage", SESSION);
  write("sessionStorage", SESSION, undefined);
  if (saved !== undefined) return saved;
  const who = read<Pick<Identity, "ticket" | "userName">>("sessionStorage", TICKET);
  if (who === undefined) return undefined;
  const client = { ...who, urlID: "", received: 0, nextId: 1 };
  return { session: { client, calls: { calls: [], made: 0 }, folders: [] } };
}

/** The page is being left. */
export function save(saved: Saved): void {
  write("sessionStorage", SESSION, saved);
}

/** Somebody is logged in. */
export function keepTicket({ ticket, userName }: Identity): void {
  write("sessionStorage", TICKET, { ticket, userName });
}

/** Nobody is. */
export function forget(): void {
  write("sessionStorage", SESSION, undefined);
  write("sessionStorage", TICKET, undefined);
}

/** Why the user is asked to log in again, for the page that is loaded next. */
export function writeFarewell(text: string): void {
  write("sessionStorage", FAREWELL, text);
}

export function takeFarewell(): string | undefined {
  const text = read<string>("sessionStorage", FAREWELL);
  write("sessionStorage", FAREWELL, undefined);
  return text;
}

/** The devices that the user has chosen; absent: the system's choice. */
export interface ChosenDevices {
  microphone?: string;
  speaker?: string;
}

export function chosenDevices(): ChosenDevices {
  return read<ChosenDevices>("localStorage", DEVICES) ?? {};
}

export function chooseDevices(devices: ChosenDevices): void {
  write("localStorage", DEVICES, devices);
}

/** Whether messages of a conversation stand together. */
export function seesThreads(): boolean {
  return read<boolean>("localStorage", THREADS) ?? false;
}

export function seeThreads(isThreaded: boolean): void {
  write("localStorage", THREADS, isThreaded);
}

/** How wide the list of messages is, in pixels, if the user has made it so. */
export function listWidth(): number | undefined {
  return read<number>("localStorage", LIST_WIDTH);
}

export function keepListWidth(width: number): void {
  write("localStorage", LIST_WIDTH, width);
}

type Where = "sessionStorage" | "localStorage";

function read<T>(where: Where, key: string): T | undefined {
  try {
    return JSON.parse(window[where].getItem(key) ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}

function write(where: Where, key: string, value: unknown): void {
  try {
    if (value === undefined) window[where].removeItem(key);
    else window[where].setItem(key, JSON.stringify(value));
  } catch {
    // Full, or the browser does not allow it: then it is not kept.
  }
}
