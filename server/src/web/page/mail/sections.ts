// How are the texts of a message shown?

import type { Mime } from "../../sdk";
import { fill, h, icon } from "../dom";
import { size } from "../format";
import type { Section } from "./content";
import { safeHtml } from "./html";

/** Where the parts of a message are. */
export interface Places {
  /** A part by itself. */
  part: (mime: Mime) => string;
  /** What the HTML refers to as `cid:`; `undefined`: the message has no such part. */
  related: (contentID: string) => string | undefined;
}

/** A text, in the form that its sender has preferred; the other one can be asked for. */
export function sectionOf({ plain, html }: Section, places: Places): HTMLElement {
  const element = h("div", { class: "section" });
  let isRemoteAllowed = false;
  const show = (isHtml: boolean) => {
    const mime = isHtml ? html : plain;
    if (mime === undefined) return;
    const other =
      plain !== undefined &&
      html !== undefined &&
      h(
        "button",
        { type: "button", class: "link", "data-test": "other-form", onclick: () => show(!isHtml) },
        isHtml ? "Show as plain text" : "Show as the sender has formatted it",
      );
    const loadRemote = () => {
      isRemoteAllowed = true;
      show(true);
    };
    fill(element, ...(isHtml ? formatted(mime, places, isRemoteAllowed, loadRemote) : plainText(mime, places)), other);
  };
  show(html !== undefined);
  return element;
}

function formatted(mime: Mime, places: Places, isRemoteAllowed: boolean, loadRemote: () => void): HTMLElement[] {
  if (mime.body.kind !== "text") return [absent(mime, places)];
  const pictures = { urlOf: places.related, isRemoteAllowed };
  const { frame, hasRemote } = safeHtml(mime.body.text, "The text of the message", pictures);
  if (!hasRemote || isRemoteAllowed) return [frame];
  const notice = h(
    "div",
    { class: "notice", "data-test": "remote-blocked" },
    icon("picture"),
    h("span", {}, "Pictures from other servers are not loaded: they would tell that you read this."),
    h("button", { type: "button", class: "quiet", "data-test": "load-remote", onclick: loadRemote }, "Load them"),
  );
  return [notice, frame];
}

function plainText(mime: Mime, places: Places): HTMLElement[] {
  if (mime.body.kind !== "text") return [absent(mime, places)];
  const blocks = quotes(mime.body.text).map(({ depth, text }) =>
    depth === 0 ? h("div", {}, ...linked(text)) : quote(depth, text),
  );
  return [h("div", { class: "plain", "data-test": "message-text" }, ...blocks)];
}

/** A text that did not come with the message: there is none, or it is long. */
function absent(mime: Mime, places: Places): HTMLElement {
  if (mime.estimatedSize === 0) return h("p", { class: "muted" }, "This message has no text.");
  const link = h("a", { href: places.part(mime), target: "_blank", rel: "noopener" }, "Open it by itself");
  return h("p", { class: "notice" }, `This text is long (${size(mime.estimatedSize)}). `, link);
}

function quote(depth: number, text: string): HTMLElement {
  const inner = depth > 1 ? quote(depth - 1, text) : h("div", {}, ...linked(text));
  return h("blockquote", {}, inner);
}

/** How deep quotes are shown as such; deeper ones look the same. */
const DEEPEST = 5;

/** A text as its author wrote it and as it was quoted: `>` before each line, once more for each time. */
export function quotes(text: string): { depth: number; text: string }[] {
  const blocks: { depth: number; text: string }[] = [];
  for (const line of text.replace(/\r\n?/g, "\n").split("\n")) {
    const [marks = ""] = /^(>[ ]?)*/.exec(line) ?? [];
    const depth = Math.min(DEEPEST, marks.replace(/ /g, "").length);
    const last = blocks.at(-1);
    const own = line.slice(marks.length);
    if (last?.depth === depth) last.text += `\n${own}`;
    else blocks.push({ depth, text: own });
  }
  return blocks;
}

/** Text whose web addresses can be followed. */
function linked(text: string): (HTMLElement | string)[] {
  return text
    .split(/(\bhttps?:\/\/[^\s<>"]+[^\s<>"'.,;:!?)\]])/)
    .map((piece, i) =>
      i % 2 === 0 ? piece : h("a", { href: piece, target: "_blank", rel: "noopener noreferrer" }, piece),
    );
}
