// How is a message shown, and one that is within another?

import type { Email, Folder, Mime } from "../../sdk";
import { h } from "../dom";
import { attachmentList } from "./attachments";
import { cardsOf } from "./cards";
import { contentOf, fileName } from "./content";
import { headOf } from "./head";
import { sectionOf } from "./sections";

/** How deep messages within messages are shown; what is deeper can be saved. */
const DEEPEST = 5;

export function messageOf(folder: Folder, uid: number, email: Email, depth = 0): HTMLElement[] {
  const { sections, attachments, related, shown } = contentOf(email);
  const partOf = ({ partID }: Mime) => (partID === undefined ? {} : { partID });
  const part = (mime: Mime) => folder.url(uid, { kind: "body", ...partOf(mime) });
  const places = {
    part,
    related: (contentID: string) => {
      const found = [...related, ...attachments].find((mime) => mime.contentID === contentID);
      return found && part(found);
    },
  };
  const named = (mime: Mime, name: string) => folder.url(uid, { kind: "body", ...partOf(mime), fileName: name });
  const showing = shown.flatMap((mime) => {
    if (mime.body.kind !== "email") return cardsOf(mime);
    return depth < DEEPEST ? [nested(mime, messageOf(folder, uid, mime.body.email, depth + 1))] : [];
  });
  return [
    headOf(email),
    ...(attachments.length > 0 ? [attachmentList(attachments, named)] : []),
    ...sections.map((section) => sectionOf(section, places)),
    ...showing,
  ];
}

function nested(mime: Mime, content: HTMLElement[]): HTMLElement {
  const name = fileName(mime).replace(/\.eml$/, "");
  return h(
    "details",
    { class: "nested", "data-test": "nested" },
    h("summary", {}, h("span", { class: "muted" }, "Attached message: "), name),
    ...content,
  );
}
