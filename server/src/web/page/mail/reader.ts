// What does a message say?

import { type Email, type Folder, type Mime } from "../../sdk";
import { fill, h, icon, iconButton } from "../dom";
import { fullTime, hue, initials, parseTime, size } from "../format";
import { problem } from "../words";
import { addresses, contentOf, fileName, headerText, type Section } from "./content";
import { safeHtml } from "./html";

/** Bytes of texts that come with the message; longer ones can be fetched. */
const TEXTS = 1_000_000;

export interface ReaderUser {
  back(): void;
  remove(uid: number): void;
  markUnread(uid: number): void;
}

export class Reader {
  readonly element = h("article", { class: "reader", tabindex: -1, "aria-label": "Message", "data-test": "reader" });
  #shown: { folder: Folder; uid: number } | undefined;

  constructor(private readonly user: ReaderUser) {
    this.clear();
  }

  /** Shows nothing. */
  clear(): void {
    this.#shown = undefined;
    fill(this.element, h("p", { class: "reader-empty" }, "Choose a message to read it."));
  }

  /** The message shown. */
  get uid(): number | undefined {
    return this.#shown?.uid;
  }

  async show(folder: Folder, uid: number): Promise<void> {
    const shown = { folder, uid };
    this.#shown = shown;
    this.element.setAttribute("aria-busy", "true");
    const content = await folder.read(uid, TEXTS).then(
      (email) => this.#message(folder, uid, email),
      (error: unknown) => [this.#actions(uid), h("p", { class: "notice bad", role: "alert" }, problem(error))],
    );
    if (this.#shown !== shown) return;
    this.element.removeAttribute("aria-busy");
    this.element.scrollTop = 0;
    fill(this.element, ...content);
  }

  #message(folder: Folder, uid: number, email: Email): HTMLElement[] {
    const { sections, attachments, related } = contentOf(email);
    const url = ({ partID }: Mime) => folder.url(uid, { kind: "body", ...(partID !== undefined && { partID }) });
    const urlOf = (contentID: string) => {
      const part = [...related, ...attachments].find((mime) => mime.contentID === contentID);
      return part && url(part);
    };
    const named = (mime: Mime) => {
      const part = mime.partID === undefined ? {} : { partID: mime.partID };
      return folder.url(uid, { kind: "body", ...part, fileName: fileName(mime) });
    };
    return [
      this.#actions(uid, folder.url(uid, { kind: "source" })),
      head(email),
      ...(attachments.length > 0 ? [attachmentList(attachments, named)] : []),
      ...sections.map((section) => sectionOf(section, urlOf, url)),
    ];
  }

  #actions(uid: number, source?: string): HTMLElement {
    return h(
      "div",
      { class: "reader-actions", role: "group", "aria-label": "What to do with the message" },
      iconButton("back", "Back to the list", {
        class: "quiet back",
        "data-test": "back",
        onclick: () => this.user.back(),
      }),
      iconButton(
        "mail",
        "Mark unread",
        { class: "quiet", "data-test": "mark-unread", onclick: () => this.user.markUnread(uid) },
        true,
      ),
      iconButton(
        "trash",
        "Delete",
        { class: "quiet", "data-test": "delete", onclick: () => this.user.remove(uid) },
        true,
      ),
      source !== undefined &&
        h("a", { class: "button quiet source", href: source, target: "_blank", rel: "noopener" }, "Source"),
    );
  }
}

function head(email: Email): HTMLElement {
  const [from] = addresses(email, "From");
  const name = from?.realName ?? from?.address ?? "(no sender)";
  const date = email.headers.find((header) => header.kind === "date" && header.name === "Date");
  const time = date?.kind === "date" ? parseTime(date.time) : undefined;
  const badge = h("span", { class: "badge", "aria-hidden": "true" }, initials(name));
  badge.style.setProperty("--hue", String(hue(from?.address ?? name)));
  return h(
    "header",
    { class: "message-head" },
    h("h2", { "data-test": "subject" }, headerText(email, "Subject") || "(no subject)"),
    badge,
    h(
      "div",
      { class: "people" },
      h("div", { class: "from" }, h("strong", {}, name), from?.realName !== undefined && ` ${from.address}`),
      ...["To", "Cc"].map((field) => people(email, field)),
    ),
    time && h("time", { datetime: time.toISOString() }, fullTime(time)),
  );
}

function people(email: Email, field: string): HTMLElement | undefined {
  const all = addresses(email, field);
  if (all.length === 0) return undefined;
  const names = all.map(({ realName, address }) => realName ?? address).join(", ");
  const full = all.map(({ realName, address }) => (realName === undefined ? address : `${realName} <${address}>`));
  return h("div", { class: "to", title: full.join(", ") }, `${field} ${names}`);
}

function attachmentList(attachments: Mime[], url: (mime: Mime) => string): HTMLElement {
  const items = attachments.map((mime) => {
    const name = fileName(mime);
    return h(
      "li",
      {},
      h(
        "a",
        { class: "attachment", href: url(mime), download: name, "data-test": "attachment" },
        isPicture(mime) ? h("img", { src: url(mime), alt: "", loading: "lazy" }) : icon("clip"),
        h("span", { class: "attachment-name" }, name),
        h("span", { class: "muted" }, size(mime.estimatedSize)),
        icon("download"),
      ),
    );
  });
  return h("ul", { class: "attachments", "aria-label": "Attachments" }, ...items);
}

/** Bytes up to which a picture is shown without being asked for. */
const PICTURE = 5_000_000;

function isPicture({ type, subtype, estimatedSize }: Mime): boolean {
  const isKnown = ["png", "jpeg", "gif", "webp"].includes(subtype.toLowerCase());
  return type.toLowerCase() === "image" && isKnown && estimatedSize <= PICTURE;
}

function sectionOf(
  { plain, html }: Section,
  urlOf: (contentID: string) => string | undefined,
  url: (mime: Mime) => string,
): HTMLElement {
  const element = h("div", { class: "section" });
  const show = (asHtml: boolean) => {
    const mime = asHtml ? html : plain;
    if (mime === undefined) return;
    const other =
      plain !== undefined &&
      html !== undefined &&
      h(
        "button",
        { type: "button", class: "link", "data-test": "other-form", onclick: () => show(!asHtml) },
        asHtml ? "Show as plain text" : "Show as the sender has formatted it",
      );
    fill(element, ...textOf(mime, asHtml, urlOf, url), other);
  };
  show(html !== undefined);
  return element;
}

function textOf(
  mime: Mime,
  asHtml: boolean,
  urlOf: (contentID: string) => string | undefined,
  url: (mime: Mime) => string,
): HTMLElement[] {
  if (mime.body.kind !== "text") {
    const isEmpty = mime.estimatedSize === 0;
    if (isEmpty) return [h("p", { class: "muted" }, "This message has no text.")];
    const link = h("a", { href: url(mime), target: "_blank", rel: "noopener" }, "Open it by itself");
    return [h("p", { class: "notice" }, `This text is long (${size(mime.estimatedSize)}). `, link)];
  }
  if (!asHtml) return [h("div", { class: "plain", "data-test": "message-text" }, ...linked(mime.body.text))];
  const { frame, hasRemote } = safeHtml(mime.body.text, "The text of the message", urlOf);
  const notice = h(
    "p",
    { class: "notice" },
    "Pictures from other servers are not loaded: they would tell that you read this.",
  );
  return hasRemote ? [notice, frame] : [frame];
}

/** Text whose web addresses can be followed. */
function linked(text: string): (HTMLElement | string)[] {
  return text
    .split(/(\bhttps?:\/\/[^\s<>"]+[^\s<>"'.,;:!?)\]])/)
    .map((piece, i) =>
      i % 2 === 0 ? piece : h("a", { href: piece, target: "_blank", rel: "noopener noreferrer" }, piece),
    );
}
