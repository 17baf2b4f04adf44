// What of a message is shown, and what is attached to it?

import type { Email, Header, Mime } from "../../sdk";

/** A piece of the body, in the forms that the sender has given it. */
export interface Section {
  plain?: Mime;
  html?: Mime;
}

export interface Content {
  sections: Section[];
  attachments: Mime[];
  /** Parts that the HTML may refer to as `cid:`. */
  related: Mime[];
  /** Those of the attachments that can be shown: messages, cards, invitations, reports. */
  shown: Mime[];
}

export function contentOf({ mime }: Email): Content {
  const content = nothing();
  if (mime !== undefined) collect(mime, content);
  const isShown = ({ contentID = "" }: Mime) => content.sections.some(({ html }) => refersTo(html, contentID));
  // What no text shows has to be found all the same.
  content.attachments.push(...content.related.filter((part) => !isShown(part)));
  content.shown = content.attachments.filter(({ body }) => body.kind === "email" || body.kind === "xml");
  return content;
}

function nothing(): Content {
  return { sections: [], attachments: [], related: [], shown: [] };
}

/** What an attachment is called. */
export function fileName({ dispositionParameters, parameters, description, type, subtype, body }: Mime): string {
  const named = dispositionParameters["filename"] ?? parameters["name"] ?? description;
  if (named !== undefined && named !== "") return named;
  if (body.kind === "email") return `${headerText(body.email, "Subject") || "Message"}.eml`;
  return `${type}.${subtype}`;
}

/** The first header field of this name that is a text. */
export function headerText({ headers }: Email, name: string): string {
  const found = headers.find((header) => header.kind === "text" && header.name.toLowerCase() === name.toLowerCase());
  return found?.kind === "text" ? found.value : "";
}

/** The addresses of all header fields of this name. */
export function addresses({ headers }: Email, name: string): Extract<Header, { kind: "address" }>[] {
  const own = headers.filter((header) => header.name.toLowerCase() === name.toLowerCase());
  return own.filter((header) => header.kind === "address");
}

/** Whether HTML shows the part of this Content-ID. Of a text that is too long to be here it is not known. */
function refersTo(html: Mime | undefined, contentID: string): boolean {
  if (html === undefined) return false;
  if (html.body.kind !== "text") return true;
  const { text } = html.body;
  return text.includes(`cid:${contentID}`) || text.includes(`cid:${encodeURIComponent(contentID)}`);
}

function collect(mime: Mime, content: Content): void {
  const { body, type, subtype, disposition } = mime;
  if (body.kind === "parts") {
    collectParts(subtype.toLowerCase(), body.parts, content);
  } else if (disposition?.toLowerCase() === "attachment" || type.toLowerCase() !== "text") {
    content.attachments.push(mime);
  } else if (subtype.toLowerCase() === "html") {
    content.sections.push({ html: mime });
  } else if (subtype.toLowerCase() === "plain" || subtype.toLowerCase() === "enriched") {
    content.sections.push({ plain: mime });
  } else {
    content.attachments.push(mime);
  }
}

function collectParts(subtype: string, parts: Mime[], content: Content): void {
  if (subtype === "alternative") {
    const section: Section = {};
    let others: Section[] = [];
    for (const part of parts) {
      const inner = nothing();
      collect(part, inner);
      Object.assign(section, inner.sections[0]);
      // Each form says all of it, the last one best (RFC 2046 §5.1.4); it may consist of several texts.
      others = inner.sections.slice(1);
      content.attachments.push(...inner.attachments);
      content.related.push(...inner.related);
    }
    if (section.plain !== undefined || section.html !== undefined) content.sections.push(section, ...others);
    return;
  }
  const [first, ...others] = parts;
  if (subtype === "related" && first !== undefined) {
    collect(first, content);
    for (const part of others) {
      if (part.contentID === undefined) collect(part, content);
      else content.related.push(part);
    }
    return;
  }
  for (const part of parts) collect(part, content);
}
