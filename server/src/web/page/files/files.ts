// Which files has the user sent to the session, and how far are they?

import { download, type Progress, type Session, upload, uploadUrl } from "../../sdk";
import { h, icon, iconButton } from "../dom";
import { size } from "../format";
import type { UploadedFile } from "../storage";
import { problem } from "../words";

export class Files {
  readonly element: HTMLElement;
  readonly #list = h("ul", { class: "file-list" });
  readonly #empty = h("p", { class: "muted" }, "Nothing was uploaded in this session yet.");
  readonly #uploaded = new Map<string, { file: UploadedFile; item: HTMLElement }>();
  #made = 0;

  constructor(
    private readonly session: Session,
    uploads: UploadedFile[],
  ) {
    const chooser = h("input", {
      type: "file",
      multiple: true,
      hidden: true,
      "data-test": "file-input",
      onchange: () => {
        this.#uploadAll(chooser.files);
        chooser.value = "";
      },
    });
    this.element = h(
      "section",
      { class: "files", "aria-label": "Files" },
      h("h2", {}, "Files"),
      h("p", { class: "muted" }, "What you upload belongs to this session and goes when you log out."),
      h(
        "div",
        {
          class: "drop",
          "data-test": "drop",
          ondrop: (event: DragEvent) => this.#uploadAll(event.dataTransfer?.files ?? null),
        },
        icon("upload"),
        h("span", {}, "Drop files here, or"),
        h("button", { type: "button", "data-test": "upload", onclick: () => chooser.click() }, "Choose files"),
        chooser,
      ),
      this.#empty,
      this.#list,
    );
    // A file that misses the field does not take the place of the page.
    window.addEventListener("dragover", (event) => event.preventDefault());
    window.addEventListener("drop", (event) => event.preventDefault());
    for (const file of uploads) this.#show(file);
  }

  /** What is in the upload set. */
  get uploads(): UploadedFile[] {
    return [...this.#uploaded.values()].map(({ file }) => file);
  }

  /** The session they belonged to has ended. */
  clear(): void {
    for (const { item } of this.#uploaded.values()) item.remove();
    this.#uploaded.clear();
    this.#empty.hidden = false;
  }

  #uploadAll(files: FileList | null): void {
    for (const file of files ?? []) void this.#upload(file);
  }

  async #upload(file: File): Promise<void> {
    this.#made += 1;
    const id = `${Date.now().toString(36)}-${this.#made}`;
    const transfer = new Transfer(file.name, "upload");
    this.#empty.hidden = true;
    this.#list.append(transfer.element);
    try {
      await upload(this.session.client, id, file, transfer.options);
      transfer.element.remove();
      this.#show({ id, name: file.name, size: file.size });
    } catch (error) {
      transfer.failed(error);
    }
  }

  #show(file: UploadedFile): void {
    const item = h(
      "li",
      { class: "file", "data-test": "file" },
      icon("files"),
      h("span", { class: "file-name" }, file.name),
      h("span", { class: "muted" }, size(file.size)),
      iconButton("download", "Download", {
        class: "quiet",
        "data-test": "download",
        onclick: () => void this.#download(file, item),
      }),
    );
    this.#uploaded.set(file.id, { file, item });
    this.#empty.hidden = true;
    this.#list.append(item);
  }

  async #download(file: UploadedFile, item: HTMLElement): Promise<void> {
    const transfer = new Transfer(file.name, "download");
    item.after(transfer.element);
    try {
      const blob = await download(uploadUrl(this.session.client, file.id), transfer.options);
      transfer.element.remove();
      const url = URL.createObjectURL(blob);
      h("a", { href: url, download: file.name }).click();
      // The browser has taken what it needs by then.
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    } catch (error) {
      transfer.failed(error);
    }
  }
}

/** A file on its way. */
class Transfer {
  readonly element: HTMLElement;
  readonly #bar = h("progress", { max: 1, value: 0 });
  readonly #text = h("span", { class: "muted" });
  readonly #button = iconButton("close", "Stop", {
    class: "quiet",
    "data-test": "stop",
    onclick: () => this.#cancel(),
  });
  readonly #stop = new AbortController();
  readonly options = {
    signal: this.#stop.signal,
    onProgress: (progress: Progress) => this.#progress(progress),
  };

  constructor(name: string, direction: "upload" | "download") {
    this.#bar.setAttribute("aria-label", direction === "upload" ? `Uploading ${name}` : `Downloading ${name}`);
    this.element = h(
      "li",
      { class: "file transfer", "data-test": direction === "upload" ? "uploading" : "downloading" },
      icon(direction),
      h("span", { class: "file-name" }, name),
      this.#text,
      this.#button,
      this.#bar,
    );
  }

  failed(error: unknown): void {
    if (this.#stop.signal.aborted) {
      this.element.remove();
      return;
    }
    this.#bar.remove();
    this.#button.setAttribute("aria-label", "Close");
    this.#button.title = "Close";
    this.#text.textContent = problem(error);
    this.element.classList.add("bad");
    this.element.setAttribute("role", "alert");
  }

  #progress({ done, total }: Progress): void {
    if (total === undefined || total === 0) this.#bar.removeAttribute("value");
    else this.#bar.value = done / total;
    this.#text.textContent = total === undefined ? size(done) : `${size(done)} of ${size(total)}`;
  }

  #cancel(): void {
    this.#stop.abort();
    this.element.remove();
  }
}
