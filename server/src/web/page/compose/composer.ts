// How is a message written?

import { type Email, type Folder, type Session, SessionEnded } from "../../sdk";
import { h, icon, iconButton } from "../dom";
import { contentOf } from "../mail/content";
import type { Toasts } from "../toast";
import { problem } from "../words";
import { type Attachment, type Draft, emailOf, fault, type Field, isEmpty, moved } from "./draft";
import { AttachedFiles } from "./files";
import { Keeper, type Version } from "./keeper";
import type { People } from "./people";
import { recipients, type Recipients } from "./recipients";
import { attachedTo } from "./reply";

export interface ComposerOptions {
  session: Session;
  toasts: Toasts;
  people: People;
  /** The mailbox for drafts. */
  drafts: string;
  draft: Draft;
  /** The message that this one answers. */
  answers?: { folder: Folder; uid: number };
  /** The draft that is gone on with. */
  keptAs?: number;
  /** A draft of it is kept. */
  kept(): void;
  /** Sends it, after the time in which that can be undone; the composer is hidden meanwhile. */
  send(composer: Composer): void;
  /** It is closed. */
  closed(): void;
}

export class Composer {
  readonly element: HTMLElement;
  readonly #files: AttachedFiles;
  readonly #keeper: Keeper;
  readonly #fields: Record<Field, Recipients>;
  readonly #subject: HTMLInputElement;
  readonly #text: HTMLTextAreaElement;
  readonly #title = h("h2", { id: "compose-title" }, "New message");
  readonly #state = h("span", { class: "muted compose-state", role: "status", "data-test": "draft-state" });
  readonly #bad = h("p", { class: "notice bad", role: "alert", hidden: true, "data-test": "compose-problem" });
  readonly #send = h(
    "button",
    { type: "submit", class: "main", "data-test": "send" },
    icon("sent"),
    h("span", {}, "Send"),
  );

  constructor(private readonly options: ComposerOptions) {
    const { session, draft, people } = options;
    this.#files = new AttachedFiles(session.client, () => this.#changed());
    this.#keeper = new Keeper(session, options.drafts, {
      version: () => this.#version(),
      say: (text) => void (this.#state.textContent = text),
    });
    const field = (name: Field, label: string) =>
      recipients(
        name,
        label,
        (text) => people.find(text),
        () => this.#changed(),
      );
    this.#fields = { to: field("to", "To"), cc: field("cc", "Cc"), bcc: field("bcc", "Bcc") };
    this.#subject = h("input", {
      type: "text",
      id: "compose-subject",
      "data-test": "compose-subject",
      oninput: () => {
        this.#drawTitle();
        this.#changed();
      },
    });
    this.#text = h("textarea", {
      class: "compose-text",
      "aria-label": "Text of the message",
      "data-test": "compose-text",
      oninput: () => this.#changed(),
      onpaste: (event: ClipboardEvent) => this.#attach(event, event.clipboardData?.files),
    });
    this.element = this.#build();
    this.#write(draft);
  }

  /** Lets the user write: whom it is for, or the text if that is clear. */
  focus(): void {
    if (this.draft.to === "") this.#fields.to.input.focus();
    else {
      this.#text.focus();
      this.#text.setSelectionRange(0, 0);
    }
  }

  /** The message as it stands. */
  get draft(): Draft {
    const { to, cc, bcc } = this.#fields;
    const { inReplyTo, references } = this.options.draft;
    return {
      to: to.input.value,
      cc: cc.input.value,
      bcc: bcc.input.value,
      subject: this.#subject.value,
      text: this.#text.value,
      inReplyTo,
      references,
      attachments: this.#files.attachments,
    };
  }

  get email(): Email {
    const { userName: address = "", realName } = this.options.session.client.identity ?? {};
    return emailOf(this.draft, { address, ...(realName !== undefined && { realName }) });
  }

  /** Whether something would be lost without it. */
  get isBusy(): boolean {
    return this.#files.underWay > 0 || (this.#keeper.isChanged && !isEmpty(this.draft));
  }

  /** Sends it. If that is not possible it says why. */
  async submit(): Promise<void> {
    await this.#keeper.rest();
    const { folder, uid } = this.options.answers ?? {};
    // Once its session is lost, the answered message is not marked so any more; the answer goes all the same.
    const answers = folder?.isOpen === true && uid !== undefined ? { folder: folder.name, uid } : undefined;
    const { place: draft } = this.#keeper;
    await this.options.session.submit(this.email, { ...(answers && { answers }), ...(draft && { draft }) });
    this.#leave();
  }

  /** Says what went wrong, and lets the user go on. */
  failed(error: unknown): void {
    if (!(error instanceof SessionEnded)) this.#say(problem(error));
  }

  /** Closes it; the draft is kept. */
  async close(): Promise<void> {
    try {
      if (this.#files.underWay > 0) {
        this.#say("Files are still on their way: wait for them, or stop them.");
        return;
      }
      await this.#keeper.keep();
      if (this.#keeper.hasKept) this.options.toasts.say({ text: "The message is kept as a draft" });
      this.#leave();
    } catch (error) {
      this.failed(error);
    }
  }

  // ----

  #build(): HTMLElement {
    const chooser = h("input", {
      type: "file",
      multiple: true,
      hidden: true,
      "data-test": "attach-input",
      onchange: () => {
        this.#files.upload(chooser.files ?? []);
        chooser.value = "";
      },
    });
    const { to, cc, bcc } = this.#fields;
    const more = h(
      "button",
      { type: "button", class: "link more-fields", "data-test": "more-fields", onclick: () => this.#showMore(true) },
      "Cc, Bcc",
    );
    to.element.append(more);
    const buttons = h(
      "footer",
      { class: "compose-buttons" },
      this.#send,
      iconButton("clip", "Attach files", { class: "quiet", "data-test": "attach", onclick: () => chooser.click() }),
      chooser,
      this.#state,
      iconButton("trash", "Discard the message", {
        class: "quiet discard",
        "data-test": "discard",
        onclick: () => void this.#discard(),
      }),
    );
    const form = h(
      "form",
      {
        class: "compose-form",
        novalidate: true,
        onsubmit: (event: SubmitEvent) => {
          event.preventDefault();
          this.#check();
        },
      },
      to.element,
      cc.element,
      bcc.element,
      h(
        "div",
        { class: "compose-line" },
        h("label", { for: "compose-subject" }, "Subject"),
        h("div", { class: "compose-field" }, this.#subject),
      ),
      this.#text,
      this.#files.element,
      this.#bad,
      buttons,
    );
    const close = iconButton("close", "Close, and keep the draft", {
      class: "quiet",
      "data-test": "compose-close",
      onclick: () => void this.close(),
    });
    return h(
      "section",
      {
        class: "composer",
        role: "dialog",
        "aria-labelledby": "compose-title",
        "data-test": "composer",
        onkeydown: (event: KeyboardEvent) => this.#key(event),
        ondragover: (event: DragEvent) => this.#over(event),
        ondragleave: () => this.element.classList.remove("dropping"),
        ondrop: (event: DragEvent) => this.#attach(event, event.dataTransfer?.files),
      },
      h("header", {}, this.#title, close),
      form,
    );
  }

  #write({ to, cc, bcc, subject, text, attachments }: Draft): void {
    for (const [name, value] of Object.entries({ to, cc, bcc })) this.#fields[name as Field].input.value = value;
    this.#subject.value = subject;
    this.#text.value = text;
    this.#files.add(attachments);
    this.#showMore(cc !== "" || bcc !== "");
    this.#drawTitle();
    if (this.options.keptAs !== undefined)
      void this.#keeper.goOn(this.options.keptAs, this.#version()).catch((error) => this.failed(error));
  }

  #showMore(isShown: boolean): void {
    this.element.classList.toggle("all-fields", isShown);
    if (isShown && this.element.isConnected) this.#fields.cc.input.focus();
  }

  #drawTitle(): void {
    this.#title.textContent = this.#subject.value.trim() || "New message";
  }

  #changed(): void {
    for (const { say } of Object.values(this.#fields)) say(undefined);
    this.#say(undefined);
    this.#send.disabled = this.#files.underWay > 0;
    this.#send.title = this.#send.disabled ? "Files are still on their way" : "Send (Ctrl+Enter)";
    this.#keeper.changed();
  }

  /** The message as it stands, to be kept. */
  #version(): Version | undefined {
    const { draft } = this;
    if (isEmpty(draft)) return undefined;
    const kept = (folder: Folder, uid: number) => this.#kept(draft.attachments, folder, uid);
    return { email: this.email, kept };
  }

  /** What was attached then is part of the draft now: there it stays, whatever becomes of the session. */
  async #kept(attachments: Attachment[], folder: Folder, uid: number): Promise<void> {
    this.options.kept();
    if (attachments.length === 0) return;
    const email = await folder.read(uid, 0);
    moved(attachments, attachedTo(contentOf(email).attachments, { folder: folder.name, uid }));
  }

  /** Sends it if nothing is wrong. */
  #check(): void {
    if (this.#files.underWay > 0) return;
    const wrong = fault(this.draft);
    if (wrong === undefined) {
      this.options.send(this);
      return;
    }
    if (wrong.field !== "to") this.#showMore(true);
    const field = this.#fields[wrong.field];
    field.say(wrong.text);
    field.input.focus();
  }

  async #discard(): Promise<void> {
    this.#files.stop();
    await this.#keeper.discard().catch((error) => this.failed(error));
    this.#leave();
  }

  #leave(): void {
    this.#keeper.close();
    this.element.remove();
    this.options.closed();
  }

  #key(event: KeyboardEvent): void {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#check();
    else if (event.key === "Escape") void this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #over(event: DragEvent): void {
    if (event.dataTransfer?.types.includes("Files") !== true) return;
    event.preventDefault();
    this.element.classList.add("dropping");
  }

  /** Attaches the files that are dropped or pasted, if there are any. */
  #attach(event: Event, files: FileList | undefined): void {
    this.element.classList.remove("dropping");
    if (files === undefined || files.length === 0) return;
    event.preventDefault();
    this.#files.upload(files);
  }

  #say(text: string | undefined): void {
    this.#bad.hidden = text === undefined;
    this.#bad.textContent = text ?? "";
  }
}
