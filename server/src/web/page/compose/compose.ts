// Which message is being written, and when is it sent?

import type { Email, Folder, Session } from "../../sdk";
import { h } from "../dom";
import type { Toasts } from "../toast";
import { problem } from "../words";
import { Composer } from "./composer";
import { type Draft, EMPTY } from "./draft";
import { People } from "./people";
import { forward, goOn, replyTo } from "./reply";

/** How long a message waits, so that sending it can be undone, in ms. */
const WAITS = 5_000;

export type Reaction = "reply" | "replyAll" | "forward";

export class Compose {
  /** Where messages are written. */
  readonly element = h("div", { class: "compose-place" });
  readonly #people = new People();
  #composer: Composer | undefined;
  /** Those that are about to be sent. */
  readonly #waiting = new Set<Composer>();
  #isLooking = false;

  constructor(
    private readonly session: Session,
    private readonly toasts: Toasts,
    /** The mailboxes for drafts and for what was sent. */
    private readonly mailboxes: () => { drafts: string; sent: string },
    /** Other messages are in those mailboxes. */
    private readonly changed: () => void,
  ) {}

  /** Whether leaving the page would lose something. */
  get isBusy(): boolean {
    return this.#waiting.size > 0 || this.#composer?.isBusy === true;
  }

  /** Writes a new message. */
  async write(draft: Partial<Draft> = {}): Promise<void> {
    await this.#open({ ...EMPTY, ...draft });
  }

  /** Answers a message, or sends it on. */
  async react(how: Reaction, { mailbox }: Folder, uid: number): Promise<void> {
    await this.#fromMessage(mailbox, uid, (email, folder) => {
      if (how === "forward") return { draft: forward(email, { folder: folder.name, uid }) };
      const me = this.session.client.identity?.userName ?? "";
      return { draft: replyTo(email, me, how === "replyAll"), answers: { folder, uid } };
    });
  }

  /** Goes on with a draft. */
  async goOn({ mailbox }: Folder, uid: number): Promise<void> {
    await this.#fromMessage(mailbox, uid, (email, folder) => {
      return { draft: goOn(email, { folder: folder.name, uid }), keptAs: uid };
    });
  }

  // ----

  /** The composer has a folder of its own, whatever is looked at meanwhile. */
  async #fromMessage(mailbox: string, uid: number, begin: (email: Email, folder: Folder) => Begun): Promise<void> {
    try {
      const folder = await this.session.openFolder(mailbox, { fields: ["FLAGS"] });
      const email = await folder.read(uid, MOST_TEXT);
      const { draft, ...more } = begin(email, folder);
      await this.#open(draft, more, () => void folder.close().catch(() => {}));
    } catch (error) {
      this.toasts.say({ text: problem(error), isBad: true });
    }
  }

  async #open(draft: Draft, more: Omit<Begun, "draft"> = {}, closed = () => {}): Promise<void> {
    await this.#composer?.close();
    // It has something to say first.
    if (this.#composer !== undefined) return closed();
    const { session, toasts } = this;
    const composer = new Composer({
      session,
      toasts,
      people: this.#people,
      drafts: this.mailboxes().drafts,
      draft,
      ...more,
      kept: () => this.changed(),
      send: (sent) => this.#sendSoon(sent),
      closed: () => {
        if (this.#composer === composer) this.#composer = undefined;
        closed();
      },
    });
    this.#composer = composer;
    this.element.append(composer.element);
    composer.focus();
    this.#look();
  }

  #sendSoon(composer: Composer): void {
    this.#waiting.add(composer);
    if (this.#composer === composer) this.#composer = undefined;
    composer.element.hidden = true;
    this.toasts.say({
      text: "The message is being sent",
      lasts: WAITS,
      isLasting: true,
      action: { label: "Undo", run: () => void this.#bringBack(composer) },
      gone: () => void this.#send(composer),
    });
  }

  async #bringBack(composer: Composer): Promise<void> {
    await this.#composer?.close();
    this.#waiting.delete(composer);
    this.#composer = composer;
    composer.element.hidden = false;
    composer.focus();
  }

  async #send(composer: Composer): Promise<void> {
    try {
      await composer.submit();
      this.#waiting.delete(composer);
      this.changed();
      this.toasts.say({ text: "The message was sent" });
    } catch (error) {
      await this.#bringBack(composer);
      composer.failed(error);
    }
  }

  /** Addresses to be offered are looked for once, when they are needed. */
  #look(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    void this.#people.look(this.session, [this.mailboxes().sent, "INBOX"]);
  }
}

type Begun = Pick<ConstructorParameters<typeof Composer>[0], "draft" | "answers" | "keptAs">;

/** Bytes of text that an answer quotes at most. */
const MOST_TEXT = 1_000_000;
