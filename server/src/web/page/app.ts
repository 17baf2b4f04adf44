// What does the page look like once somebody is logged in?

import type { Session } from "../sdk";
import { fill, h, icon, type IconName, iconButton, setAttribute } from "./dom";
import { Files } from "./files/files";
import { Mail } from "./mail/mail";
import { Phone } from "./phone/phone";
import { connectionStatus } from "./status";
import { Toasts } from "./toast";

type View = "mail" | "phone" | "files";

const VIEWS: [View, string, IconName][] = [
  ["mail", "Mail", "mail"],
  ["phone", "Telephone", "phone"],
  ["files", "Files", "files"],
];

export class App {
  readonly element: HTMLElement;
  readonly #mail: Mail;
  readonly #files: Files;
  readonly #phone: Phone;
  readonly #tabs = new Map<View, HTMLButtonElement>();
  readonly #toasts = new Toasts();
  readonly #note = h("p", { class: "notice", role: "status", hidden: true, "data-test": "renewed" });
  readonly #filesButton = h(
    "button",
    { type: "button", class: "mailbox", "data-test": "show-files", onclick: () => this.show("files") },
    icon("files"),
    h("span", { class: "mailbox-name" }, "Files"),
  );
  readonly #side = h("div", { class: "side", id: "side" });
  #unseen = 0;
  #caller: string | undefined;
  #callsUnderWay = 0;

  constructor(private readonly session: Session) {
    this.#mail = new Mail(session, this.#toasts, {
      unseenChanged: (unseen) => {
        this.#unseen = unseen;
        this.#drawTitle();
      },
      showMailboxes: () => this.#openDrawer(),
      chosen: () => {
        this.show("mail");
        this.#closeDrawer();
      },
      undo: () => void this.#toasts.undo(),
    });
    this.#files = new Files(session);
    this.#phone = new Phone(session, ({ waiting, underWay }) => {
      const [call] = waiting;
      this.#caller = call && (call.peerName ?? call.peer);
      this.#callsUnderWay = underWay;
      this.#drawTitle();
    });
    this.element = h(
      "div",
      { class: "app" },
      this.#header(),
      h("div", { class: "top" }, this.#note, this.#phone.calls),
      h(
        "main",
        { class: "body" },
        this.#side,
        h("div", { class: "shade", onclick: () => this.#closeDrawer() }),
        h("div", { class: "content" }, this.#mail.element, this.#files.element),
        this.#mail.compose.element,
        this.#writeHere(),
        this.#toasts.element,
      ),
      this.#bottomTabs(),
    );
    this.#side.append(this.#mailSide(), this.#filesButton, this.#phone.element);
    document.addEventListener("keydown", (event) => this.#key(event));
    this.show("mail");
    session.client.on("renewed", () => this.#renewed());
  }

  /** Fetches what is to be seen, and lets calls come in. */
  async start(): Promise<void> {
    await Promise.all([this.#mail.start(), this.#phone.start()]);
  }

  /** Whether leaving the page would end something. */
  get isBusy(): boolean {
    return this.#callsUnderWay > 0 || this.#mail.compose.isBusy || this.#files.isBusy;
  }

  show(view: View): void {
    this.element.setAttribute("data-view", view);
    for (const [name, tab] of this.#tabs) {
      if (name === view) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    }
    const isFiles = view === "files";
    if (isFiles) void this.#files.show();
    setAttribute(this.#filesButton, "aria-current", isFiles && "true");
    this.#mail.mailboxes.lookAside(isFiles);
  }

  #renewed(): void {
    this.#note.hidden = false;
    fill(
      this.#note,
      h("span", {}, "The session was lost, and a new one has begun. Calls of the old one are gone."),
      iconButton("close", "Close", { class: "quiet", onclick: () => void (this.#note.hidden = true) }),
    );
    void this.#mail.start();
  }

  /** The mailboxes, with what makes new ones. */
  #mailSide(): HTMLElement {
    const write = () => {
      this.#closeDrawer();
      void this.#mail.compose.write();
    };
    return h(
      "nav",
      { class: "mail-side", "aria-label": "Mailboxes" },
      iconButton("drafts", "Write", { class: "main write", "data-test": "write", onclick: write }, true),
      h(
        "div",
        { class: "side-title" },
        h("h2", {}, "Mailboxes"),
        iconButton("plus", "New mailbox", {
          class: "quiet",
          "data-test": "new-mailbox",
          onclick: () => this.#mail.mailboxActions.create(),
        }),
      ),
      this.#mail.mailboxes.element,
    );
  }

  /** The same where the mailboxes are not seen. */
  #writeHere(): HTMLElement {
    const write = () => void this.#mail.compose.write();
    return iconButton("drafts", "Write", { class: "main write-here", "data-test": "write-here", onclick: write });
  }

  #openDrawer(): void {
    this.element.classList.add("drawer");
    this.#side.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
  }

  #closeDrawer(): void {
    this.element.classList.remove("drawer");
  }

  #key(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.element.classList.contains("drawer")) this.#closeDrawer();
    else if (this.element.isConnected && this.element.getAttribute("data-view") === "mail") this.#mail.key(event);
  }

  #header(): HTMLElement {
    const { userName = "", realName } = this.session.client.identity ?? {};
    return h(
      "header",
      { class: "header" },
      h("img", { src: "/icon.svg", alt: "", width: 28, height: 28 }),
      h("h1", {}, "XIMSS gateway"),
      connectionStatus(this.session.client),
      h("span", { class: "user", title: userName, "data-test": "user" }, realName ?? userName),
      iconButton(
        "leave",
        "Log out",
        { class: "quiet", "data-test": "logout", onclick: () => void this.session.logout() },
        true,
      ),
    );
  }

  /** On a narrow screen one view is shown at a time. */
  #bottomTabs(): HTMLElement {
    const tabs = VIEWS.map(([view, label, name]) => {
      const tab = h(
        "button",
        { type: "button", class: "tab", "data-test": `tab-${view}`, onclick: () => this.show(view) },
        icon(name),
        h("span", {}, label),
      );
      this.#tabs.set(view, tab);
      return tab;
    });
    return h("nav", { class: "tabs", "aria-label": "Views" }, ...tabs);
  }

  #drawTitle(): void {
    const count = this.#unseen > 0 ? `(${this.#unseen}) ` : "";
    document.title =
      this.#caller === undefined ? `${count}XIMSS gateway` : `Incoming call: ${this.#caller} · XIMSS gateway`;
  }
}
