// Which files has the user, and what can be done with them?

import { type FileEntry, RequestError, type Session, SessionEnded } from "../../sdk";
import { ask } from "../dialog";
import { fill, h, icon, iconButton } from "../dom";
import { parseTime, shortTime, size } from "../format";
import { openMenu } from "../menu";
import { problem } from "../words";
import { unusedName, wayTo, within } from "./path";
import { Transfer } from "./transfer";

/** How many files are fetched at once. */
const PAGE = 200;

export class Files {
  readonly element: HTMLElement;
  readonly #way = h("nav", { class: "way", "aria-label": "Where you are" });
  readonly #transfers = h("ul", { class: "file-list", "aria-label": "On their way" });
  readonly #list = h("ul", { class: "file-list", "aria-label": "Files", "data-test": "files" });
  readonly #empty = h("p", { class: "files-empty muted", hidden: true, "data-test": "files-empty" });
  readonly #more = h("button", { type: "button", hidden: true, onclick: () => void this.#fetchMore() }, "Show more");
  readonly #notice = h("p", { class: "notice bad", role: "alert", hidden: true, "data-test": "files-problem" });
  readonly #usage = h("p", { class: "muted", "data-test": "usage" });
  #directory = "";
  #entries: FileEntry[] = [];
  /** The paths of files that are on their way. */
  readonly #coming = new Set<string>();

  constructor(private readonly session: Session) {
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
    const create = () => this.#createDirectory();
    this.element = h(
      "section",
      {
        class: "files",
        "aria-label": "Files",
        "data-test": "drop",
        ondragover: (event: DragEvent) => {
          if (event.dataTransfer?.types.includes("Files") === true) this.element.classList.add("dropping");
        },
        ondragleave: () => this.element.classList.remove("dropping"),
        ondrop: (event: DragEvent) => {
          this.element.classList.remove("dropping");
          this.#uploadAll(event.dataTransfer?.files ?? null);
        },
      },
      h(
        "header",
        { class: "files-head" },
        this.#way,
        iconButton("plus", "New directory", { class: "quiet", "data-test": "new-directory", onclick: create }, true),
        iconButton("upload", "Upload", { class: "main", "data-test": "upload", onclick: () => chooser.click() }, true),
        chooser,
      ),
      this.#notice,
      this.#transfers,
      this.#list,
      this.#empty,
      this.#more,
      this.#usage,
    );
    // A file that misses the field does not take the place of the page.
    window.addEventListener("dragover", (event) => event.preventDefault());
    window.addEventListener("drop", (event) => event.preventDefault());
  }

  /** Whether files are on their way. */
  get isBusy(): boolean {
    return this.#coming.size > 0;
  }

  /** Looks at what is there now. */
  async show(): Promise<void> {
    await this.#open(this.#directory);
  }

  async #open(directory: string): Promise<void> {
    await this.#try(async () => {
      const entries = await this.session.files.list(directory, 0, PAGE).catch((error: unknown) => {
        // It may have gone meanwhile: then the root is looked at.
        if (directory === "" || !(error instanceof RequestError) || error.errorNum !== NO_SUCH) throw error;
        return undefined;
      });
      if (entries === undefined) return this.#open("");
      this.#directory = directory;
      this.#entries = entries;
      this.#draw();
      const { size: bytes = 0, files = 0, sizeLimit } = (await this.session.files.usage()) ?? {};
      const limit = sizeLimit === undefined ? "" : ` of ${size(sizeLimit)}`;
      this.#usage.textContent = `${files === 1 ? "1 file" : `${files.toLocaleString()} files`} in all, ${size(bytes)}${limit}`;
    });
  }

  async #fetchMore(): Promise<void> {
    await this.#try(async () => {
      this.#entries = [...this.#entries, ...(await this.session.files.list(this.#directory, this.#entries.length, PAGE))];
      this.#draw();
    });
  }

  // ---- what is seen

  #draw(): void {
    const root = { name: "Files", path: "" };
    const steps = [root, ...wayTo(this.#directory)].map(({ name, path }) =>
      path === this.#directory
        ? h("h2", { "aria-current": "location", "data-test": "directory" }, name)
        : h("button", { type: "button", class: "link", onclick: () => void this.#open(path) }, name),
    );
    fill(this.#way, ...steps.flatMap((step, i) => (i === 0 ? [step] : [icon("chevron"), step])));
    const directoriesFirst = (a: FileEntry, b: FileEntry) => Number(b.isDirectory) - Number(a.isDirectory);
    fill(this.#list, ...this.#entries.toSorted(directoriesFirst).map((entry) => this.#item(entry)));
    this.#empty.hidden = this.#entries.length > 0;
    this.#empty.textContent = "Nothing is here. Drop files, or choose Upload.";
    this.#more.hidden = this.#entries.length === 0 || this.#entries.length % PAGE !== 0;
  }

  #item(entry: FileEntry): HTMLElement {
    const { name, isDirectory, modified } = entry;
    const path = within(this.#directory, name);
    const time = modified === undefined ? undefined : parseTime(modified);
    const title = isDirectory
      ? h("button", { type: "button", class: "file-name link", onclick: () => void this.#open(path) }, name)
      : h("a", { class: "file-name", href: this.session.files.url(path), download: name, title: `Save ${name}` }, name);
    title.setAttribute("data-test", isDirectory ? "open-directory" : "download");
    return h(
      "li",
      { class: "file", "data-test": "file", "data-name": name },
      icon(isDirectory ? "folder" : "files"),
      title,
      h("span", { class: "muted" }, isDirectory ? "" : size(entry.size)),
      h("span", { class: "muted file-time" }, time === undefined ? "" : shortTime(time, new Date())),
      iconButton("more", `What can be done with ${name}`, {
        class: "quiet",
        "aria-haspopup": "menu",
        "data-test": "file-menu",
        onclick: (event: MouseEvent) => this.#menu(event.currentTarget as HTMLElement, entry, path),
      }),
    );
  }

  #menu(at: HTMLElement, entry: FileEntry, path: string): void {
    openMenu(at, entry.name, [
      { label: "Rename or move …", icon: "drafts", run: () => this.#rename(path), name: "file-rename" },
      { label: "Remove …", icon: "trash", run: () => this.#remove(entry, path), name: "file-remove", isDangerous: true },
    ]);
  }

  // ---- what the user does

  #createDirectory(): void {
    ask({
      title: "New directory",
      field: { label: "Name", value: "" },
      confirm: "Create",
      act: async (name) => {
        await this.session.files.createDirectory(within(this.#directory, name));
        await this.show();
      },
    });
  }

  #rename(path: string): void {
    ask({
      title: `Rename ${path}`,
      text: "With a slash, it goes into a directory: letters/2026.txt.",
      field: { label: "New name", value: path },
      confirm: "Rename",
      act: async (name) => {
        if (name !== path) await this.session.files.rename(path, name);
        await this.show();
      },
    });
  }

  #remove({ name, isDirectory }: FileEntry, path: string): void {
    ask({
      title: `Remove ${name}?`,
      text: isDirectory ? "The directory and all that is in it are removed for good." : "The file is removed for good.",
      confirm: "Remove",
      isDangerous: true,
      act: async () => {
        await this.session.files.remove(path);
        await this.show();
      },
    });
  }

  #uploadAll(files: FileList | null): void {
    for (const file of files ?? []) void this.#upload(file, this.#directory);
  }

  async #upload(file: File, directory: string): Promise<void> {
    const transfer = new Transfer(file.name);
    this.#transfers.append(transfer.element);
    let path: string | undefined;
    try {
      const isUsed = async (name: string) =>
        this.#coming.has(within(directory, name)) || (await this.session.files.has(within(directory, name)));
      path = within(directory, await unusedName(file.name, isUsed));
      this.#coming.add(path);
      await this.session.files.store(path, file, transfer.options);
      transfer.element.remove();
      await this.show();
    } catch (error) {
      transfer.failed(error);
    } finally {
      if (path !== undefined) this.#coming.delete(path);
    }
  }

  async #try(request: () => Promise<void>): Promise<void> {
    this.#notice.hidden = true;
    try {
      await request();
    } catch (error) {
      if (error instanceof SessionEnded) return;
      this.#notice.hidden = false;
      this.#notice.textContent = problem(error);
    }
  }
}

/** There is no such thing. */
const NO_SUCH = 512;
