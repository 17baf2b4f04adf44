// What is attached to a message?

import type { Mime } from "../../sdk";
import { h, icon, type IconName } from "../dom";
import { size } from "../format";
import { fileName } from "./content";

/** The attachments, each with its size, to be saved. `url` is where one is, under a name. */
export function attachmentList(attachments: Mime[], url: (mime: Mime, name: string) => string): HTMLElement {
  const items = attachments.map((mime) => {
    const name = fileName(mime);
    const at = url(mime, name);
    return h(
      "li",
      {},
      h(
        "a",
        { class: "attachment", href: at, download: name, "data-test": "attachment", title: `Save ${name}` },
        isPicture(mime) ? h("img", { src: at, alt: "", loading: "lazy" }) : icon(iconOf(mime)),
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

function iconOf({ type, subtype }: Mime): IconName {
  const kind = `${type}/${subtype}`.toLowerCase();
  if (kind.startsWith("message/")) return "mail";
  if (kind.startsWith("image/")) return "picture";
  if (kind === "text/calendar") return "calendar";
  if (kind === "text/x-vcard" || kind === "text/vcard" || kind === "text/directory") return "person";
  return "clip";
}
