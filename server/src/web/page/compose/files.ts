// What is attached to a message that is being written, and how far is it on its way to the server?

import { type Client, type Progress, upload } from "../../sdk";
import { fill, h, icon, iconButton } from "../dom";
import { size } from "../format";
import { problem } from "../words";
import type { Attachment } from "./draft";

interface Item {
  name: string;
  size: number;
  element: HTMLElement;
  /** Absent while it is on its way. */
  attachment?: Attachment;
  stop?: AbortController;
}

export class AttachedFiles {
  readonly element = h("ul", { class: "attached", "aria-label": "Attached files", "data-test": "attached" });
  #items: Item[] = [];
  #made = 0;

  constructor(
    private readonly client: Client,
    private readonly changed: () => void,
  ) {}

  /** What is there already; files that are on their way are not. */
  get attachments(): Attachment[] {
    return this.#items.map(({ attachment }) => attachment).filter((each) => each !== undefined);
  }

  /** How many are on their way. */
  get underWay(): number {
    return this.#items.filter(({ attachment, stop }) => attachment === undefined && stop !== undefined).length;
  }

  /** Attaches what is at the server already. */
  add(attachments: Attachment[]): void {
    for (const attachment of attachments) {
      const item: Item = {
        name: attachment.name,
        size: attachment.size,
        element: h("li", { class: "file" }),
        attachment,
      };
      this.#items.push(item);
      this.element.append(item.element);
      this.#draw(item);
    }
  }

  /** Sends files to the server. */
  upload(files: Iterable<File>): void {
    for (const file of files) void this.#upload(file);
  }

  /** Nothing is sent any more. */
  stop(): void {
    for (const { stop } of this.#items) stop?.abort();
  }

  async #upload(file: File): Promise<void> {
    this.#made += 1;
    const id = `attached-${Date.now().toString(36)}-${this.#made}`;
    const stop = new AbortController();
    const item: Item = { name: file.name, size: file.size, element: h("li", { class: "file transfer" }), stop };
    this.#items.push(item);
    this.element.append(item.element);
    const { bar, text } = this.#drawUnderWay(item);
    this.changed();
    const onProgress = ({ done, total }: Progress) => {
      bar.value = total === undefined || total === 0 ? 0 : done / total;
      text.textContent = `${size(done)} of ${size(file.size)}`;
    };
    try {
      await upload(this.client, id, file, { signal: stop.signal, onProgress });
      const mediaType = /^[\w.+-]+\/[\w.+-]+$/.test(file.type) ? file.type : "application/octet-stream";
      item.attachment = { name: file.name, size: file.size, mediaType, source: { kind: "upload", id } };
      this.#draw(item);
    } catch (error) {
      delete item.stop;
      if (!stop.signal.aborted) this.#drawFailed(item, error);
    }
    this.changed();
  }

  #drawUnderWay(item: Item) {
    const bar = h("progress", { max: 1, value: 0, "aria-label": `Uploading ${item.name}` });
    const text = h("span", { class: "muted" }, size(item.size));
    item.element.setAttribute("data-test", "attaching");
    fill(
      item.element,
      icon("upload"),
      h("span", { class: "file-name" }, item.name),
      text,
      this.#remover(item, "Stop"),
      bar,
    );
    return { bar, text };
  }

  #draw(item: Item): void {
    item.element.className = "file";
    item.element.setAttribute("data-test", "attached-file");
    const name = h("span", { class: "file-name", title: item.name }, item.name);
    fill(
      item.element,
      icon("clip"),
      name,
      h("span", { class: "muted" }, size(item.size)),
      this.#remover(item, "Remove"),
    );
  }

  #drawFailed(item: Item, error: unknown): void {
    item.element.classList.add("bad");
    item.element.setAttribute("data-test", "attach-failed");
    const text = h("span", { class: "muted", role: "alert" }, problem(error));
    fill(
      item.element,
      icon("warning"),
      h("span", { class: "file-name" }, item.name),
      text,
      this.#remover(item, "Remove"),
    );
  }

  #remover(item: Item, label: string): HTMLElement {
    const remove = () => {
      item.stop?.abort();
      this.#items = this.#items.filter((each) => each !== item);
      item.element.remove();
      this.changed();
    };
    return iconButton("close", `${label} ${item.name}`, { class: "quiet", "data-test": "detach", onclick: remove });
  }
}
