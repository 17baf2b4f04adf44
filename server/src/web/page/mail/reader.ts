// What does a message say, and what can be done with it?

import type { Folder } from "../../sdk";
import { fill, h, icon, type IconName, iconButton } from "../dom";
import { openMenu } from "../menu";
import { problem } from "../words";
import type { Command } from "./keys";
import { messageOf } from "./message";

/** Bytes of texts that come with the message; longer ones can be fetched. */
const TEXTS = 1_000_000;

export interface ReaderUser {
  back(): void;
  /** Does this with the message. */
  run(command: Command): void;
  /** Whether there is a message so many further on in the list. */
  hasStep(by: 1 | -1): boolean;
  /** The flags of the message. */
  flags(uid: number): ReadonlySet<string>;
}

export class Reader {
  readonly element: HTMLElement;
  readonly #actions = h("div", { class: "reader-actions", role: "toolbar", "aria-label": "What to do with the message" });
  readonly #content = h("div", { class: "reader-content" });
  #shown: { folder: Folder; uid: number } | undefined;
  /** What the buttons say. */
  #drawn: string | undefined;

  constructor(private readonly user: ReaderUser) {
    this.element = h(
      "article",
      { class: "reader", tabindex: -1, "aria-label": "Message", "data-test": "reader" },
      this.#actions,
      this.#content,
    );
    this.clear();
  }

  /** Shows nothing. */
  clear(): void {
    this.#shown = undefined;
    this.#actions.hidden = true;
    this.#drawn = undefined;
    this.element.removeAttribute("aria-busy");
    fill(this.#content, h("p", { class: "reader-empty" }, icon("mail"), h("span", {}, "Choose a message to read it.")));
  }

  /** The message shown. */
  get uid(): number | undefined {
    return this.#shown?.uid;
  }

  /** Shows a message. Returns whether it is shown: another may be wanted meanwhile. */
  async show(folder: Folder, uid: number): Promise<boolean> {
    const shown = { folder, uid };
    this.#shown = shown;
    this.element.setAttribute("aria-busy", "true");
    this.update();
    let isRead = true;
    const content = await folder.read(uid, TEXTS).then(
      (email) => messageOf(folder, uid, email),
      (error: unknown) => {
        isRead = false;
        return [h("p", { class: "notice bad", role: "alert" }, problem(error))];
      },
    );
    if (this.#shown !== shown) return false;
    this.element.removeAttribute("aria-busy");
    this.element.scrollTop = 0;
    fill(this.#content, ...content);
    return isRead;
  }

  /** The flags of the message, or its place in the list, may have changed. */
  update(): void {
    const { uid } = this.#shown ?? {};
    if (uid === undefined) return;
    const flags = this.user.flags(uid);
    // What is as it was is left alone: it may be just being pressed.
    const state = [uid, ...flags, this.user.hasStep(-1), this.user.hasStep(1)].join();
    if (state === this.#drawn) return;
    this.#drawn = state;
    const focused = this.#actions.querySelector(":focus")?.getAttribute("data-test");
    const isStarred = flags.has("Flagged");
    const [isSeen, isJunk] = [flags.has("Seen"), flags.has("Junk")];
    this.#actions.hidden = false;
    fill(
      this.#actions,
      iconButton("back", "Back to the list", {
        class: "quiet back",
        "data-test": "back",
        onclick: () => this.user.back(),
      }),
      this.#button("reply", "Reply", "reply", "reply"),
      this.#button("replyAll", "Reply to all", "replyAll", "reply-all"),
      this.#button("forward", "Forward", "forward", "forward"),
      h("span", { class: "gap" }),
      this.#button("star", isStarred ? "Take the star away" : "Star", "toggleStar", "star", isStarred),
      isSeen
        ? this.#button("mail", "Mark unread", "toggleSeen", "mark-unread")
        : this.#button("read", "Mark read", "toggleSeen", "mark-read"),
      this.#button("junk", isJunk ? "No junk" : "Junk", "toggleJunk", "junk", isJunk),
      this.#button("move", "Move to …", "move", "move"),
      this.#button("trash", "Delete", "remove", "delete"),
      this.#step("up", "Previous message", "previous", -1),
      this.#step("down", "Next message", "next", 1),
      iconButton("more", "More", {
        class: "quiet",
        "aria-haspopup": "menu",
        "data-test": "more",
        onclick: (event: MouseEvent) => this.#more(event.currentTarget as HTMLElement),
      }),
    );
    if (focused != null) this.#actions.querySelector<HTMLElement>(`[data-test="${focused}"]`)?.focus();
  }

  #button(name: IconName, label: string, command: Command, test: string, isOn?: boolean): HTMLElement {
    const pressed = isOn === undefined ? {} : { "aria-pressed": String(isOn) };
    const properties = { class: `quiet does-${command}`, "data-test": test, ...pressed };
    return iconButton(name, label, { ...properties, onclick: () => this.user.run(command) });
  }

  #step(name: IconName, label: string, command: "previous" | "next", by: 1 | -1): HTMLElement {
    const isEnd = !this.user.hasStep(by);
    const properties = { class: `quiet does-${command}`, "data-test": command, disabled: isEnd };
    return iconButton(name, label, { ...properties, onclick: () => this.user.run(command) });
  }

  #more(at: HTMLElement): void {
    const { folder, uid } = this.#shown ?? {};
    if (folder === undefined || uid === undefined) return;
    const show = (kind: "source" | "headers") => window.open(folder.url(uid, { kind }), "_blank", "noopener");
    openMenu(at, "More", [
      { label: "Reply to all", icon: "replyAll", run: () => this.user.run("replyAll") },
      { label: "Junk, or no junk", icon: "junk", run: () => this.user.run("toggleJunk") },
      { label: "Show the headers", icon: "files", run: () => void show("headers") },
      { label: "Show the source", icon: "files", run: () => void show("source"), name: "source" },
    ]);
  }
}
